package mailcrm

import "slices"

// A Field is what a form must know of a field of [AccountInput]: so that the pages of a host mark what is required and show what holds when it is left empty.
type Field struct {
	Name     string // as in FieldError.Field: "IMAP.Host"
	Required bool   // for a new account
	Default  string // what holds when it is empty, in English; "" nothing
	Max      int    // bytes, entries or the highest number; 0: no limit of its own
}

// AccountFields are the fields of [AccountInput] that people fill in, in the order of a form. Where an account signs in with a login, the password of that server is
// not required.
func AccountFields() []Field { return slices.Clone(accountFields) }

var accountFields = []Field{
	{Name: "Address", Required: true, Max: 512},
	{Name: "Name", Default: "the address", Max: 255},
	{Name: "Owner", Default: "the agent who adds it", Max: 255},
	{Name: "IMAP.Host", Required: true, Max: 255},
	{Name: "IMAP.Port", Default: "993 with TLS, else 143", Max: 65535},
	{Name: "IMAP.Security", Default: string(TLS)},
	{Name: "IMAP.Username", Default: "the address", Max: 255},
	{Name: "IMAP.Password", Required: true, Max: 64 << 10},
	{Name: "IMAP.PinSHA256", Max: 95},
	{Name: "IMAP.Flags", Max: MaxFlags},
	{Name: "IMAP.Disabled"},
	{Name: "SMTP.Host", Required: true, Max: 255},
	{Name: "SMTP.Port", Default: "465 with TLS, else 587", Max: 65535},
	{Name: "SMTP.Security", Default: string(TLS)},
	{Name: "SMTP.Username", Default: "that of IMAP", Max: 255},
	{Name: "SMTP.Password", Default: "that of IMAP", Max: 64 << 10},
	{Name: "SMTP.PinSHA256", Max: 95},
	{Name: "SMTP.Flags", Max: MaxFlags},
	{Name: "SMTP.Disabled"},
	{Name: "Link", Default: WhenRead},
	{Name: "DepthDays", Default: "90", Max: MaxDepthDays},
	{Name: "SentCopy", Default: SentAppend},
	{Name: "OwnDomains", Max: MaxOwnDomains},
	{Name: "Members", Max: MaxMembers},
	{Name: "Identities", Default: "the address", Max: MaxIdentities},
	{Name: "LinkReadNightly", Default: "off"},
	{Name: "DeletePolicy", Default: "off"},
}
