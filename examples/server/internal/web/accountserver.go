package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mailcrm/sdk/mailcrm"
)

// A serverForm is one server of an account.
type serverForm struct {
	Prefix   string // of the field's names: "imap", "smtp"
	Host     string
	Port     string
	Security []option
	Username string
	Pin      string
	NoAuth   bool
	Saved    bool // a password is stored
	Kept     bool // a password was typed and lies in the drawer
	Flags    string
	Disabled []option // mechanisms
	Logins   []option // a password or a sign-in; none: a password is all there is
	Focus    bool     // the visitor came for the password
	Errors   formErrors
}

func (v *visit) serverForm(prefix string, in mailcrm.ServerInput, saved bool, wrong formErrors) serverForm {
	f := serverForm{
		Prefix: prefix, Host: in.Host, Username: in.Username, Pin: in.PinSHA256, NoAuth: in.NoAuth, Saved: saved, Flags: in.Flags, Errors: formErrors{},
	}
	if in.Port > 0 {
		f.Port = strconv.Itoa(in.Port)
	}
	security := in.Security
	if security == "" && in.Flags == "" {
		security = mailcrm.TLS
		if prefix == "smtp" && in.Host == "" {
			security = mailcrm.StartTLS
		}
	}
	f.Security = options(string(security), string(mailcrm.TLS), v.say("security.tls"), string(mailcrm.StartTLS), v.say("security.starttls"), string(mailcrm.Plaintext), v.say("security.none"))
	for _, m := range mailcrm.Mechanisms() {
		f.Disabled = append(f.Disabled, option{m, m, slices.ContainsFunc(in.Disabled, func(d string) bool { return strings.EqualFold(d, m) })})
	}
	for name, text := range wrong {
		if rest, found := strings.CutPrefix(name, prefix+"."); found {
			f.Errors[rest] = text
		}
	}
	return f
}

func (v *visit) serverInput(prefix string) mailcrm.ServerInput {
	in := mailcrm.ServerInput{
		Host: strings.ToLower(v.field(prefix + ".host")), Security: mailcrm.Security(v.field(prefix + ".security")), Username: v.field(prefix + ".username"),
		Password: mailcrm.NewSecret(v.r.PostFormValue(prefix + ".password")), NoAuth: v.checkedBox(prefix + ".noauth"), PinSHA256: v.field(prefix + ".pin"),
		Flags: v.field(prefix + ".flags"), Disabled: v.r.PostForm[prefix+".disabled"], Login: v.field(prefix + ".login"),
	}
	if port := v.field(prefix + ".port"); port != "" {
		n, err := strconv.Atoi(port)
		if err != nil || n == 0 {
			n = -1 // the library says what a port is
		}
		in.Port = n
	}
	return in
}

func (v *visit) linkOptions(in mailcrm.AccountInput) []option {
	return options(in.Link, mailcrm.WhenRead, v.say("account.link.read"), mailcrm.AtArrival, v.say("account.link.arrival"))
}

func (v *visit) depthOptions(in mailcrm.AccountInput) []option {
	depth := strconv.Itoa(in.DepthDays)
	if in.DepthDays < 0 {
		depth = "-1"
	}
	out := options(depth, "30", v.lang.count("account.days", 30), "90", v.lang.count("account.days", 90), "365", v.say("account.year"), "-1", v.say("account.everything"))
	if in.DepthDays > 0 && !slices.ContainsFunc(out, func(o option) bool { return o.Selected }) {
		out = append(out, option{depth, v.lang.count("account.days", in.DepthDays), true})
	}
	return out
}

// depth is the field of how far back mail is fetched; 0, the default, where there is no number.
func (v *visit) depth() int {
	days, err := strconv.Atoi(v.field("depth"))
	if err != nil {
		return 0
	}
	return days
}

// nightForm is when a policy runs; one that never ran is proposed for half past two, where the visitor lives.
func (v *visit) nightForm(prefix string, n mailcrm.Nightly) nightForm {
	f := nightForm{Prefix: prefix, On: n.On, At: fmt.Sprintf("%02d:%02d", n.Hour, n.Minute), Zone: n.Zone}
	if n.Zone == "" {
		f.Zone = v.actor.Zone
		if !n.On && n.Hour == 0 && n.Minute == 0 {
			f.At = "02:30"
		}
	}
	return f
}

// night reads it. Without script or a clock in the browser the time is a text.
func (v *visit) night(prefix string) mailcrm.Nightly {
	n := mailcrm.Nightly{On: v.checkedBox(prefix + ".on"), Zone: v.field(prefix + ".zone")}
	hour, minute, _ := strings.Cut(strings.ReplaceAll(v.field(prefix+".at"), "h", ":"), ":")
	number := func(text string, otherwise int) int {
		if text == "" {
			return otherwise
		}
		value, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil {
			return -1 // the library says what an hour is
		}
		return value
	}
	n.Hour = number(hour, 2)
	n.Minute = number(minute, 0)
	return n
}
