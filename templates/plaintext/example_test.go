package plaintext_test

import (
	"fmt"

	"github.com/mailcrm/sdk/templates/plaintext"
)

func ExampleFromHTML() {
	fmt.Print(plaintext.FromHTML(`<p>Dear Anne,</p>
<p>the <a href="https://crm.example/q/17">quote</a> has two parts:</p>
<ol><li>tiles</li><li>labour</li></ol>
<table><tr><td>Total</td><td>€1,234.50</td></tr></table>
<blockquote>How much is it?</blockquote>`, nil))
	// Output:
	// Dear Anne,
	//
	// the quote <https://crm.example/q/17> has two parts:
	//
	// 1. tiles
	// 2. labour
	//
	// Total | €1,234.50
	//
	// > How much is it?
}
