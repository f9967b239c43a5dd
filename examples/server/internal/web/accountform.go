package web

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// identities are those that the account has, and one more to fill in.
func (p *accountPage) identities(in mailcrm.AccountInput) {
	for _, id := range in.Identities {
		p.Identities = append(p.Identities, identityForm{
			N: len(p.Identities), ID: id.ID, Name: id.Name, Address: id.Address, ReplyTo: id.ReplyTo, Signature: plain(id.Signature), HTML: id.Signature, Default: id.Default,
		})
	}
	if len(p.Identities) < mailcrm.MaxIdentities {
		p.Identities = append(p.Identities, identityForm{N: len(p.Identities), Default: len(p.Identities) == 0})
	}
}

// members are those who use the account, and one more to choose.
func (p *accountPage) members(v *visit, in mailcrm.AccountInput) {
	people := v.site.cfg.People.All()
	line := func(m mailcrm.Member) memberForm {
		f := memberForm{N: len(p.Members), Agents: []option{{Value: "", Label: v.say("account.nobody")}}}
		known := false
		for _, person := range people {
			if person.ID != in.Owner {
				f.Agents = append(f.Agents, option{person.ID, person.Name, person.ID == m.Agent})
				known = known || person.ID == m.Agent
			}
		}
		if !known && m.Agent != "" {
			f.Agents = append(f.Agents, option{m.Agent, m.Agent, true})
		}
		for _, r := range m.Rights {
			f.Read, f.Send, f.Manage = f.Read || r == mailcrm.RightRead, f.Send || r == mailcrm.RightSend, f.Manage || r == mailcrm.RightManage
		}
		return f
	}
	for _, m := range in.Members {
		p.Members = append(p.Members, line(m))
	}
	p.Members = append(p.Members, line(mailcrm.Member{}))
}

// accountForm is what the form of all settings says.
func (v *visit) accountForm() mailcrm.AccountInput {
	in := mailcrm.AccountInput{
		ID: v.r.PathValue("id"), Address: v.field("address"), Name: v.field("name"), Link: v.field("link"), SentCopy: v.field("sentcopy"), DepthDays: v.depth(),
		StoreAttachments: v.checkedBox("store"), Public: v.checkedBox("public"), CRLF: v.checkedBox("crlf"),
		IMAP: v.serverInput("imap"), SMTP: v.serverInput("smtp"), LinkReadNightly: v.night("linkread"), DeletePolicy: v.night("deletealso"),
	}
	if _, err := fmt.Sscan(v.field("revision"), &in.Revision); err != nil {
		in.Revision = 0
	}
	in.OwnDomains = strings.FieldsFunc(v.field("owndomains"), func(r rune) bool { return strings.ContainsRune(",; \t\r\n", r) })
	v.identityForms(&in)
	v.memberForms(&in)
	return in
}

func (v *visit) identityForms(in *mailcrm.AccountInput) {
	for i := range mailcrm.MaxIdentities {
		field := func(name string) string { return v.field(fmt.Sprintf("id%d.%s", i, name)) }
		if !v.r.PostForm.Has(fmt.Sprintf("id%d.address", i)) {
			break
		}
		if field("address") == "" {
			continue
		}
		id := mailcrm.Identity{ID: field("id"), Name: field("name"), Address: field("address"), ReplyTo: field("replyto"), Default: v.field("default") == strconv.Itoa(i)}
		before := v.r.PostFormValue(fmt.Sprintf("id%d.html", i))
		if written := strings.ReplaceAll(field("signature"), "\r\n", "\n"); written == strings.TrimSpace(plain(before)) {
			id.Signature = before
		} else {
			id.Signature = paragraphs(written)
		}
		in.Identities = append(in.Identities, id)
	}
	for _, address := range v.r.PostForm["alias"] { // those proposed and chosen
		address, name, _ := strings.Cut(address, "|")
		if len(in.Identities) < mailcrm.MaxIdentities {
			in.Identities = append(in.Identities, mailcrm.Identity{Name: name, Address: address})
		}
	}
}

func (v *visit) memberForms(in *mailcrm.AccountInput) {
	for i := range mailcrm.MaxMembers {
		name := fmt.Sprintf("m%d.", i)
		if !v.r.PostForm.Has(name + "agent") {
			break
		}
		m := mailcrm.Member{Agent: v.field(name + "agent")}
		if m.Agent == "" {
			continue
		}
		for box, right := range map[string]mailcrm.Right{"read": mailcrm.RightRead, "send": mailcrm.RightSend, "manage": mailcrm.RightManage} {
			if v.checkedBox(name + box) {
				m.Rights = append(m.Rights, right)
			}
		}
		in.Members = append(in.Members, m)
	}
}
