package templates_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/mailcrm/sdk/templates"
)

// A reply with the fields of a contact and a deal: parsed and checked when it is saved, rendered for one recipient when it is sent.
func Example() {
	const source = `<p>Dear {{ contact.first_name | default: "customer" }},</p>
<p>our quote {{ deal.name }} over {{ deal.amount }} is valid until {{ deal.valid_until | date: "long" }}.</p>
{% if contact.phone %}<p>We will call you at <a href="tel:{{ contact.phone }}">{{ contact.phone }}</a>.</p>
{% endif %}<p><a href="{{ deal.link }}">Open the quote</a></p>`

	reply, err := templates.Parse("quote/en", source, templates.HTML, nil)
	if err != nil {
		fmt.Println(err) // every mistake of the author, with line and column
		return
	}
	if err := reply.Check([]templates.Field{
		{Path: "contact.first_name", Type: templates.TypeText},
		{Path: "contact.phone", Type: templates.TypeText},
		{Path: "deal.name", Type: templates.TypeText},
		{Path: "deal.amount", Type: templates.TypeMoney},
		{Path: "deal.valid_until", Type: templates.TypeDate},
		{Path: "deal.link", Type: templates.TypeText},
	}).Err(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("look up:", reply.Paths())

	amount, err := templates.Money("1234.50", "EUR")
	if err != nil {
		fmt.Println(err)
		return
	}
	rendered, err := reply.Render(context.Background(), templates.FromPaths(map[string]templates.Value{
		"contact.first_name": templates.Text("Anne"),
		"contact.phone":      templates.Null(),
		"deal.name":          templates.Text("Roof <new>"),
		"deal.amount":        amount,
		"deal.valid_until":   templates.Date(2026, 3, 1),
		"deal.link":          templates.Text("https://crm.example/d/42?a=1&b=2"),
	}), &templates.RenderOptions{Locale: "en"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if len(rendered.Missing) > 0 {
		fmt.Println("not sent, empty:", rendered.Missing[0].Path)
		return
	}
	fmt.Println(rendered.Output)
	// Output:
	// look up: [contact.first_name contact.phone deal.amount deal.link deal.name deal.valid_until]
	// <p>Dear Anne,</p>
	// <p>our quote Roof &lt;new&gt; over €1,234.50 is valid until March 1, 2026.</p>
	// <p><a href="https://crm.example/d/42?a=1&amp;b=2">Open the quote</a></p>
}

// The errors of a template are for its author.
func ExampleParse() {
	_, err := templates.Parse("newsletter", "Hello {{ contact.name }\n<p {{ contact.class }}>{{ 3 | upcaze }}", templates.HTML, nil)
	var all templates.Errors
	if errors.As(err, &all) {
		for _, one := range all {
			fmt.Printf("%d:%d %s: %s\n", one.Line, one.Column, one.Code, one.Message)
		}
		fmt.Println(all[1].Localize("fr"))
	}
	// Output:
	// 1:7 unclosed: This {{ is never closed.
	// 2:4 attribute_name: A field cannot be, or be a part of, the name of an attribute.
	// 2:31 unknown_filter: There is no filter “upcaze”. Did you mean “upcase”?
	// Un champ ne peut pas être le nom d'un attribut, ni en faire partie.
}

// A field that does not exist is found before anybody gets a mail.
func ExampleTemplate_Check() {
	t, err := templates.Parse("", "Dear {{ contact.firstname }},", templates.PlainText, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(t.Check([]templates.Field{{Path: "contact.first_name", Type: templates.TypeText}}))
	// Output:
	// 1:9: There is no field “contact.firstname”. Did you mean “contact.first_name”?
}

// A field that exists but is empty is reported, and the caller does not send the mail.
func ExampleTemplate_Render() {
	t, err := templates.Parse("", "Your order {{ order.number }}\nis on its way", templates.Header, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, number := range []templates.Value{templates.Text("A-17\r\nBcc: thief@example.com"), templates.Null()} {
		r, err := t.Render(context.Background(), templates.FromPaths(map[string]templates.Value{"order.number": number}), nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q %v\n", r.Output, r.Missing)
	}
	// Output:
	// "Your order A-17 Bcc: thief@example.com is on its way" []
	// "Your order  is on its way" [{order.number 1 15 empty}]
}
