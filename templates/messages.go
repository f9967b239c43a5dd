package templates

// A Code names a kind of [Error]. Codes are stable.
type Code string

// What is wrong with the writing.
const (
	CodeEncoding       Code = "encoding"        // not UTF-8, or a NUL
	CodeUnclosed       Code = "unclosed"        // {{ or {% without its end
	CodeUnclosedString Code = "unclosed_string" // a quote without its end
	CodeUnexpected     Code = "unexpected"      // something that does not belong there
	CodeSplit          Code = "split"           // an editor put formatting into the middle of a tag
	CodeEmpty          Code = "empty"           // {{ }} or {% %}
	CodeUnknownTag     Code = "unknown_tag"     // {% foo %}
	CodeStrayTag       Code = "stray_tag"       // {% else %} or {% endif %} without a beginning
	CodeUnclosedBlock  Code = "unclosed_block"  // {% if %} without {% endif %}
	CodeCondition      Code = "condition"       // {% if %} without a condition, or with a filter in it
	CodeMixed          Code = "mixed"           // and together with or
	CodeLoop           Code = "loop"            // {% for %} that is not "for name in field"
	CodeReserved       Code = "reserved"        // a loop variable named like a word of the language
	CodeBlank          Code = "blank"           // nil, empty, blank
	CodeUnknownFilter  Code = "unknown_filter"  // | foo
	CodeFilterArgument Code = "filter_argument" // an argument that is missing, too many or not of its kind
	CodeHostFilter     Code = "host_filter"     // a filter of the host that cannot be registered
	CodeForloopOutside Code = "forloop_outside" // forloop.index outside a loop
	CodeDash           Code = "dash"            // {%- and -%}
	CodeIndex          Code = "index"           // lines[0]
	CodeUnknownField   Code = "unknown_field"   // not among the declared fields
	CodeNotList        Code = "not_list"        // {% for %} over what is no list
	CodeNotText        Code = "not_text"        // a record, or a list of records, where a text is wanted
	CodeFilterInput    Code = "filter_input"    // a filter on a value that it cannot take
	CodeFilterFailed   Code = "filter_failed"   // a filter of the host said no
	CodeCompare        Code = "compare"         // < between a text and a number
	CodeCurrency       Code = "currency"        // an amount in another currency, or an unknown currency
	CodeLimitSource    Code = "limit_source"    // MaxSource
	CodeLimitTag       Code = "limit_tag"       // MaxTag
	CodeLimitDepth     Code = "limit_depth"     // MaxDepth
	CodeLimitSteps     Code = "limit_steps"     // MaxSteps
	CodeLimitOutput    Code = "limit_output"    // MaxOutput
	CodeScript         Code = "script"          // inside <script>
	CodeStyleElement   Code = "style_element"   // inside <style>
	CodeElement        Code = "element"         // inside or at an element that loads or runs something
	CodeEvent          Code = "event_handler"   // onclick="…"
	CodeTagName        Code = "tag_name"        // <{{ … }}>
	CodeAttributeName  Code = "attribute_name"  // <p {{ … }}>
	CodeUnquoted       Code = "unquoted"        // <p title={{ … }}>
	CodeAttribute      Code = "attribute"       // an attribute that takes no field
	CodeComment        Code = "comment"         // <!-- {{ … }} -->
	CodeTagUnclosed    Code = "tag_unclosed"    // <p title="{{ … }} and nothing more
	CodeUnbalanced     Code = "unbalanced"      // {% if %} in one tag or attribute and {% endif %} in another
	CodeGlued          Code = "glued"           // {% if %} between attributes without a space
	CodeAddress        Code = "address"         // an address that does not begin with an allowed scheme
	CodeStyleValue     Code = "style_value"     // a field in a style attribute that is not the value of a property
	CodeReference      Code = "reference"       // an unfinished &… before a field
	CodeNotRecord      Code = "not_record"      // Render was not given a record
)

// message is the sentence of a code in both languages. {field}, {suggestion} and {detail} are those of the [Error].
type message struct{ en, fr string }

var messages = map[Code]message{
	CodeEncoding:       {"The template is not UTF-8 text.", "Le modèle n'est pas un texte UTF-8."},
	CodeUnclosed:       {"This {field} is never closed.", "Ce {field} n'est jamais fermé."},
	CodeUnclosedString: {"This text has no closing quotation mark.", "Il manque à ce texte son guillemet de fin."},
	CodeUnexpected:     {"“{field}” does not belong here.", "« {field} » n'a pas sa place ici."},
	CodeSplit: {
		"The field is split by formatting; delete it and insert it again.",
		"Le champ est coupé par une mise en forme ; supprimez-le et insérez-le à nouveau.",
	},
	CodeEmpty:         {"Nothing stands between {field}.", "Il n'y a rien entre {field}."},
	CodeUnknownTag:    {"There is no tag “{field}”. The tags are {detail}.", "La balise « {field} » n'existe pas. Les balises sont {detail}."},
	CodeStrayTag:      {"This {field} has no {detail} before it.", "Ce {field} n'est précédé d'aucun {detail}."},
	CodeUnclosedBlock: {"This {field} has no {detail}.", "Il manque à ce {field} son {detail}."},
	CodeCondition: {
		"A condition is a field or a comparison: {% if deal.amount > 1000 %}. Filters are not possible in it.",
		"Une condition est un champ ou une comparaison : {% if deal.amount > 1000 %}. Les filtres n'y sont pas possibles.",
	},
	CodeMixed: {
		"“and” and “or” cannot stand in one condition: put one {% if %} inside another.",
		"« and » et « or » ne peuvent pas figurer dans une même condition : placez un {% if %} dans un autre.",
	},
	CodeLoop: {
		"A loop is written {% for line in deal.lines %}, with nothing more.",
		"Une boucle s'écrit {% for line in deal.lines %}, sans rien de plus.",
	},
	CodeReserved: {"“{field}” is a word of the language; choose another name.", "« {field} » est un mot du langage ; choisissez un autre nom."},
	CodeBlank: {
		"There is no “{field}” here: {% if contact.phone %} asks whether a field has a value, {% unless contact.phone %} whether it is empty.",
		"Le mot « {field} » n'existe pas ici : {% if contact.phone %} demande si un champ a une valeur, {% unless contact.phone %} s'il est vide.",
	},
	CodeUnknownFilter: {"There is no filter “{field}”.", "Le filtre « {field} » n'existe pas."},
	CodeFilterArgument: {
		"The filter “{field}” is written {detail}.",
		"Le filtre « {field} » s'écrit {detail}.",
	},
	CodeHostFilter: {
		"The filter “{field}” cannot be added: its name is taken or is not a word, or it has no function.",
		"Le filtre « {field} » ne peut pas être ajouté : son nom est déjà pris ou n'est pas un mot, ou il n'a pas de fonction.",
	},
	CodeForloopOutside: {"“forloop” exists only inside {% for %}.", "« forloop » n'existe qu'à l'intérieur de {% for %}."},
	CodeDash: {
		"“{field}” is not needed: in a plain text a line that holds only tags vanishes by itself.",
		"« {field} » est inutile : dans un texte brut, une ligne qui ne contient que des balises disparaît d'elle-même.",
	},
	CodeIndex: {
		"An item cannot be chosen by its number. Use {% for %}, or the filters first and last.",
		"Un élément ne peut pas être choisi par son numéro. Utilisez {% for %}, ou les filtres first et last.",
	},
	CodeUnknownField: {"There is no field “{field}”.", "Le champ « {field} » n'existe pas."},
	CodeNotList:      {"“{field}” is not a list, so it cannot be repeated.", "« {field} » n'est pas une liste : il ne peut pas être répété."},
	CodeNotText: {
		"“{field}” is made of several fields; choose one of them.",
		"« {field} » est composé de plusieurs champs ; choisissez l'un d'eux.",
	},
	CodeFilterInput: {
		"The filter “{field}” cannot be used with {detail}.",
		"Le filtre « {field} » ne s'applique pas à {detail}.",
	},
	CodeFilterFailed: {"The filter “{field}” failed: {detail}", "Le filtre « {field} » a échoué : {detail}"},
	CodeCompare: {
		"“{field}” cannot compare {detail}.",
		"« {field} » ne peut pas comparer {detail}.",
	},
	CodeCurrency: {
		"“{detail}” is not the currency of this amount, or not a currency at all.",
		"« {detail} » n'est pas la devise de ce montant, ou n'est pas une devise.",
	},
	CodeLimitSource: {"The template is longer than {detail} KiB.", "Le modèle dépasse {detail} Kio."},
	CodeLimitTag:    {"This tag is longer than {detail} bytes.", "Cette balise dépasse {detail} octets."},
	CodeLimitDepth: {
		"Tags are nested more than {detail} deep.",
		"Les balises sont imbriquées sur plus de {detail} niveaux.",
	},
	CodeLimitSteps: {
		"The template does too much work (more than {detail} steps): a loop is too long.",
		"Le modèle demande trop de travail (plus de {detail} étapes) : une boucle est trop longue.",
	},
	CodeLimitOutput: {"The result is longer than {detail} KiB.", "Le résultat dépasse {detail} Kio."},
	CodeScript:      {"Fields and tags are not possible inside <script>.", "Les champs et les balises ne sont pas possibles dans <script>."},
	CodeStyleElement: {
		"Fields and tags are not possible inside <style>; use a style attribute.",
		"Les champs et les balises ne sont pas possibles dans <style> ; utilisez un attribut style.",
	},
	CodeElement: {"Fields and tags are not possible in <{field}>.", "Les champs et les balises ne sont pas possibles dans <{field}>."},
	CodeEvent: {
		"“{field}” runs a script; fields and tags are not possible there.",
		"« {field} » exécute un script ; les champs et les balises n'y sont pas possibles.",
	},
	CodeTagName: {
		"A field or tag cannot stand inside the name of an HTML tag.",
		"Un champ ou une balise ne peut pas se trouver dans le nom d'une balise HTML.",
	},
	CodeAttributeName: {
		"A field cannot be, or be a part of, the name of an attribute.",
		"Un champ ne peut pas être le nom d'un attribut, ni en faire partie.",
	},
	CodeUnquoted: {
		"Put the value of “{field}” in quotation marks: {field}=\"…\".",
		"Mettez la valeur de « {field} » entre guillemets : {field}=\"…\".",
	},
	CodeAttribute: {"Fields and tags are not possible in “{field}”.", "Les champs et les balises ne sont pas possibles dans « {field} »."},
	CodeComment: {
		"Fields and tags are not possible inside an HTML comment, except between <!--[if mso]> and <![endif]-->.",
		"Les champs et les balises ne sont pas possibles dans un commentaire HTML, sauf entre <!--[if mso]> et <![endif]-->.",
	},
	CodeTagUnclosed: {"The HTML around it is never closed.", "Le HTML qui l'entoure n'est jamais fermé."},
	CodeUnbalanced: {
		"This {field} stands in another HTML tag, attribute or comment than its {detail}.",
		"Ce {field} se trouve dans une autre balise HTML, un autre attribut ou un autre commentaire que son {detail}.",
	},
	CodeGlued: {
		"Between attributes only whole attributes can be conditional: put a space before {% if %} and after {% endif %}; {% for %} is not possible.",
		"Entre les attributs, seuls des attributs entiers peuvent être conditionnels : mettez une espace avant {% if %} et après {% endif %} ; {% for %} n'est pas possible.",
	},
	CodeAddress: {
		"An address in a mail begins with {detail}, or is one field from its beginning on.",
		"Dans un message, une adresse commence par {detail}, ou bien elle est un champ dès son début.",
	},
	CodeStyleValue: {
		"In a style a field can only be the value of a property: style=\"color: {{ … }}\".",
		"Dans un style, un champ ne peut être que la valeur d'une propriété : style=\"color: {{ … }}\".",
	},
	CodeReference: {
		"The “&” before this field is not finished: write &amp;.",
		"Le « & » avant ce champ est inachevé : écrivez &amp;.",
	},
	CodeNotRecord: {"The values must be a record.", "Les valeurs doivent être un enregistrement."},
}

// typeNames are the types as a sentence names them.
var typeNames = map[Type]message{
	TypeNull:    {"nothing", "rien"},
	TypeText:    {"a text", "un texte"},
	TypeBool:    {"yes or no", "oui ou non"},
	TypeInt:     {"a whole number", "un nombre entier"},
	TypeDecimal: {"a number", "un nombre"},
	TypeMoney:   {"an amount", "un montant"},
	TypeDate:    {"a day", "un jour"},
	TypeInstant: {"a moment", "un instant"},
	TypeList:    {"a list", "une liste"},
	TypeRecord:  {"several fields", "plusieurs champs"},
}
