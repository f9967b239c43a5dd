package web

import (
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// A writing is the form of a draft, read: what can be stored, what was meant to be an address and is none, and what to do.
type writing struct {
	in      mailcrm.DraftInput
	format  string
	op      string
	rest    map[string][]string // entries of "to", "cc", "bcc" that are no address
	suggest []suggestion
	errors  formErrors
}

// writeDraft is POST /compose and POST /drafts/{id}. Whatever is asked, what was written is stored first, as far as it can be: nothing is lost by choosing a
// template or by a mistake in an address.
func (s *site) writeDraft(v *visit) error {
	var known mailcrm.Draft
	if id := v.r.PathValue("id"); id != "" {
		d, err := v.mail.Drafts.Get(v.ctx(), id)
		if err != nil {
			return err
		}
		known = *d
	}
	w := v.writing(known.DraftInput)
	if strings.HasPrefix(w.op, "pick:") {
		w.pick(strings.TrimPrefix(w.op, "pick:"))
	}
	v.complete(&w)
	if w.in.Entity.IsZero() && len(w.in.To) > 0 {
		w.in.Entity = v.entityOf(w.in.To) // whose fields to fill is seldom a question
	}
	switch w.op {
	case "template":
		if err := v.useTemplate(&w.in, v.field("template"), known.Template); err != nil && !errors.Is(err, mailcrm.ErrNotFound) {
			return err
		}
		w.format = ""
	case "insert":
		w.insert(v.field("field"))
	}
	saved, err := v.save(w.in)
	if err != nil {
		return v.unsaved(w, known, err)
	}
	if v.wantsJSON() {
		v.json(http.StatusOK, map[string]any{
			"id": saved.ID, "revision": saved.Revision, "saved": v.say("compose.saved", v.clock.short(saved.Updated)), "action": "/drafts/" + saved.ID,
		})
		return nil
	}
	return v.after(w, saved)
}

func (v *visit) save(in mailcrm.DraftInput) (*mailcrm.Draft, error) {
	if in.ID == "" {
		return v.mail.Drafts.Create(v.ctx(), in)
	}
	return v.mail.Drafts.Update(v.ctx(), in)
}

// writing reads the form into what is known of the draft: what the form does not show stays.
func (v *visit) writing(in mailcrm.DraftInput) writing {
	w := writing{in: in, op: v.field("op"), rest: map[string][]string{}, errors: formErrors{}}
	in.ID = v.r.PathValue("id")
	if _, err := fmt.Sscan(v.field("revision"), &in.Revision); err != nil {
		in.Revision = 0
	}
	if account, identity, found := strings.Cut(v.field("from"), "/"); found {
		in.Account, in.Identity = account, identity
	}
	if in.Account == "" {
		in.Account = v.someAccount()
	}
	in.To, w.rest["to"] = parseAddresses(v.field("to"))
	in.Cc, w.rest["cc"] = parseAddresses(v.field("cc"))
	in.Bcc, w.rest["bcc"] = parseAddresses(v.field("bcc"))
	in.Subject = strings.Join(strings.Fields(v.field("subject")), " ")
	in.HTML, in.Text, w.format = v.body()
	if v.r.PostForm.Has("entity") {
		in.Entity = v.ref(v.field("entity"))
	}
	in.Quote, in.Private, in.Receipt = v.checkedBox("quote"), v.checkedBox("private"), v.checkedBox("receipt")
	w.in = in
	return w
}

// field is the list of addresses that a field of the form fills.
func (w *writing) field(name string) *[]mailcrm.Address {
	switch name {
	case "cc":
		return &w.in.Cc
	case "bcc":
		return &w.in.Bcc
	}
	return &w.in.To
}

// pick puts a chosen address in the place of what was written: "to|camil|Camille Rousseau <camille@…>".
func (w *writing) pick(value string) {
	name, rest, _ := strings.Cut(value, "|")
	meant, chosen, found := strings.Cut(rest, "|")
	a, ok := parseAddress(chosen)
	if !found || !ok {
		return
	}
	w.rest[name] = slices.DeleteFunc(w.rest[name], func(s string) bool { return s == meant })
	into := w.field(name)
	*into = append(*into, a)
}

// maxCompletions is how many names of one form are looked up in the CRM.
const maxCompletions = 10

// complete looks up what is no address: a name that one record with an address has is that address, of several a person chooses.
func (v *visit) complete(w *writing) {
	asked := 0
	for _, name := range []string{"to", "cc", "bcc"} {
		var unknown []string
		for _, entry := range w.rest[name] {
			var picks []pick
			if asked++; asked <= maxCompletions {
				picks = v.picks(name, entry)
			}
			if len(picks) == 1 {
				w.pick(strings.TrimPrefix(picks[0].Value, "pick:"))
				continue
			}
			unknown = append(unknown, entry)
			if len(picks) > 1 {
				w.suggest = append(w.suggest, suggestion{Field: name, Written: entry, Choices: picks})
			}
		}
		if w.rest[name] = unknown; len(unknown) > 0 {
			w.errors[name] = v.say("compose.no_address", strings.Join(unknown, ", "))
		}
	}
}

// picks are the addresses that a person may have meant.
func (v *visit) picks(field, entry string) []pick {
	var out []pick
	for _, p := range v.recipients(entry) {
		out = append(out, pick{Label: p.Value, Detail: p.Detail, Value: "pick:" + field + "|" + entry + "|" + p.Value})
	}
	return out
}

// useTemplate puts a template into a draft. A text that is not the one of the template chosen before is kept, below the new one.
func (v *visit) useTemplate(in *mailcrm.DraftInput, id, before string) error {
	t, err := v.mail.Templates.Get(v.ctx(), id)
	if err != nil {
		return err
	}
	written := in.HTML
	if written == "" {
		written = paragraphs(in.Text)
	}
	if before != "" {
		if old, err := v.mail.Templates.Get(v.ctx(), before); err == nil && sameText(written, old.HTML) {
			written = ""
		}
	}
	if sameText(written, "") || sameText(written, t.HTML) {
		written = ""
	}
	in.Template, in.HTML, in.Text = t.ID, t.HTML, t.Text
	if in.HTML == "" && written != "" {
		in.HTML, in.Text = paragraphs(t.Text), ""
	}
	if written != "" {
		in.HTML += "\n" + written
	}
	if t.Subject != "" && in.InReplyTo == "" {
		in.Subject = t.Subject
	}
	return nil
}

// sameText compares what two pieces of HTML say, not how.
func sameText(a, b string) bool {
	return strings.Join(strings.Fields(plain(a)), " ") == strings.Join(strings.Fields(plain(b)), " ")
}

// insert puts a merge field at the end of the text: with the script it goes where the cursor is.
func (w *writing) insert(code string) {
	if !mergeTag.MatchString(code) || len(code) > 200 {
		return
	}
	if w.format == formatText || w.in.HTML == "" && w.in.Text != "" {
		w.in.Text = strings.TrimRight(w.in.Text, "\n") + "\n" + code
		return
	}
	w.in.HTML = strings.TrimSpace(w.in.HTML + "\n<p>" + code + "</p>")
}

// unsaved shows the form again with what was written and why it could not be stored.
func (v *visit) unsaved(w writing, known mailcrm.Draft, err error) error {
	code, status := mailcrm.ErrorCode(err)
	if v.wantsJSON() || status >= http.StatusInternalServerError && status != http.StatusServiceUnavailable {
		return err
	}
	known.DraftInput = w.in
	var field *mailcrm.FieldError
	switch {
	case errors.As(err, &field):
		name := strings.ToLower(field.Field)
		if name == "account" || name == "identity" {
			name = "from"
		}
		w.errors[name] = v.fieldText(field)
	case code == "conflict":
		// Saving again is a decision of the person who now sees it.
		w.errors["form"] = v.say("compose.conflict")
		if now, e := v.mail.Drafts.Get(v.ctx(), w.in.ID); e == nil {
			known.Revision = now.Revision
		}
	default:
		w.errors["form"] = v.errorText(err)
	}
	return v.rewrite(status, w, known)
}

// rewrite shows the form with what was written.
func (v *visit) rewrite(status int, w writing, d mailcrm.Draft) error {
	p := v.composePage(d, w.format)
	for name, field := range map[string]*string{"to": &p.To, "cc": &p.Cc, "bcc": &p.Bcc} {
		if rest := strings.Join(w.rest[name], ", "); rest != "" && *field != "" {
			*field += ", " + rest
		} else if rest != "" {
			*field = rest
		}
	}
	p.Errors, p.Suggest = w.errors, w.suggest
	return v.showStatus(status, "compose", p)
}

// after does what was asked beside saving.
func (v *visit) after(w writing, d *mailcrm.Draft) error {
	page := "/drafts/" + d.ID
	switch op := w.op; {
	case op == "attach":
		if err := v.attach(d.ID); err != nil {
			return v.attachmentRefused(w, d.ID, err)
		}
		return v.to(page, "done", "attached")
	case strings.HasPrefix(op, "detach:"):
		if _, err := v.mail.Drafts.Detach(v.ctx(), d.ID, strings.TrimPrefix(op, "detach:")); err != nil && !errors.Is(err, mailcrm.ErrNotFound) {
			return err
		}
		return v.to(page, "done", "detached")
	case op == "discard":
		if err := v.mail.Drafts.Delete(v.ctx(), d.ID); err != nil {
			return err
		}
		return v.to("/drafts", "done", "discarded")
	case len(w.errors) > 0:
		return v.rewrite(http.StatusUnprocessableEntity, w, *d)
	case op == "preview":
		return v.to(page + "/preview")
	case op == "send":
		return v.sendDraft(d.ID, "page-"+d.ID+"-"+fmt.Sprint(d.Revision))
	case op == "find":
		return v.to(page, "find", v.field("find"), "format", w.keepFormat())
	case op == "template":
		return v.to(page, "done", "template")
	case op == "save":
		return v.to(page, "done", "saved", "format", w.keepFormat())
	}
	return v.to(page, "format", w.keepFormat())
}

// keepFormat is the format to show next, if it is not the usual one.
func (w writing) keepFormat() string {
	if w.format == formatSource || w.format == formatText {
		return w.format
	}
	return ""
}

// attach stores the files of the form.
func (v *visit) attach(id string) error {
	if v.r.MultipartForm == nil {
		return nil
	}
	for _, h := range v.r.MultipartForm.File["file"] {
		if err := v.attachOne(id, h); err != nil {
			return err
		}
	}
	return nil
}

func (v *visit) attachOne(id string, h *multipart.FileHeader) error {
	f, err := h.Open()
	if err != nil {
		return fmt.Errorf("reading an upload: %w", err)
	}
	defer func() { _ = f.Close() }()
	_, err = v.mail.Drafts.Attach(v.ctx(), id, h.Filename, h.Header.Get("Content-Type"), f)
	return err
}

func (v *visit) attachmentRefused(w writing, id string, err error) error {
	if !errors.Is(err, mailcrm.ErrLimit) {
		return err
	}
	d, e := v.mail.Drafts.Get(v.ctx(), id)
	if e != nil {
		return e
	}
	w.errors["file"] = v.say("compose.too_large", v.lang.size(mailcrm.MaxAttachmentSize), mailcrm.MaxAttachments)
	return v.rewrite(http.StatusRequestEntityTooLarge, w, *d)
}
