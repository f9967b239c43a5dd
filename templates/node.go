package templates

// A node is a piece of work for Render.
type node interface{}

// A literal is text of the author's, written as it stands.
type literal struct {
	text string
	// inAddress says that the text lies in an address that also has fields; address is then what a reader of the attribute sees of it.
	inAddress bool
	address   string
	// beginsAddress says that behind this text the value of such an attribute begins.
	beginsAddress bool
}

// An output is {{ source | filter | filter }}.
type output struct {
	source       operand
	calls        []call
	place        place
	line, column int
}

// A call is one filter with its arguments.
type call struct {
	filter       *filter
	args         []operand
	line, column int
}

// A choice is {% if %} or {% unless %}: the first branch whose condition holds.
type choice struct{ branches []branch }

// A branch without a condition is {% else %}.
type branch struct {
	condition *condition
	nodes     []node
}

// A condition is one comparison, or several joined by the same word.
type condition struct {
	terms  []comparison
	any    bool // or
	negate bool // unless
}

// A comparison without an operator asks whether its left side has a value.
type comparison struct {
	left, right  operand
	operator     string
	line, column int
}

// A loop is {% for name in list %}.
type loop struct {
	list   *path
	nodes  []node
	absent output // what is reported as missing when the list is null
}

// An operand is a literal value, or a path when path is not nil.
type operand struct {
	value Value
	path  *path
}

// A path is a field, as in contact.first_name.
type path struct {
	text  string // as written
	names []string
	// scope is where the first name is looked up: in the values (-1), or in the loop of that depth, from 0 outermost.
	scope        int
	forloop      bool // one of forloop.index, .first, .last, of the loop at scope
	line, column int
}
