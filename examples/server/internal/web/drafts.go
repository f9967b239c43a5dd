package web

import "strings"

// draftsPage is GET /drafts?cursor=
type draftsPage struct {
	frame
	Rows []draftRow
	Next string
}

type draftRow struct {
	ID       string
	Subject  string
	Untitled bool
	To       string
	Snippet  string
	When     moment
	Files    int
	Answer   bool
}

func (s *site) drafts(v *visit) error {
	page, err := v.mail.Drafts.List(v.ctx(), v.query("cursor"), pageSize)
	if err != nil {
		return err
	}
	p := draftsPage{frame: v.frame("nav.drafts", "drafts")}
	for _, d := range page.Items {
		r := draftRow{ID: d.ID, Subject: strings.TrimSpace(d.Subject), When: v.clock.moment(d.Updated), Files: len(d.Attachments), Answer: d.InReplyTo != ""}
		if r.Subject == "" {
			r.Subject, r.Untitled = v.say("mail.no_subject"), true
		}
		if r.To = v.names(d.To); r.To == "" {
			r.To = v.say("drafts.nobody")
		}
		text := d.Text
		if d.HTML != "" {
			text = plain(d.HTML)
		}
		r.Snippet = cut(strings.Join(strings.Fields(text), " "), 120)
		p.Rows = append(p.Rows, r)
	}
	if page.Next != "" {
		p.Next = address("/drafts", "cursor", page.Next)
	}
	return v.show("drafts", p)
}

// deleteDraft is POST /drafts/{id}/delete.
func (s *site) deleteDraft(v *visit) error {
	if err := v.mail.Drafts.Delete(v.ctx(), v.r.PathValue("id")); err != nil {
		return err
	}
	return v.back("/drafts", "done", "discarded")
}
