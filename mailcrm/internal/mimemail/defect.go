package mimemail

// A DefectCode names one thing that was wrong with a mail. Codes are stored and translated: they never change.
type DefectCode string

// What can be wrong with a mail. None of them stops [Parse].
const (
	MboxLine          DefectCode = "mbox_line"          // "From " lines or a byte order mark before the header were stepped over
	BareCR            DefectCode = "bare_cr"            // lines end in CR alone
	HeaderJunk        DefectCode = "header_junk"        // lines of a header that are no field were stepped over
	HeaderTooLong     DefectCode = "header_too_long"    // Options.MaxHeader, or more than 5,000 fields
	NoSeparator       DefectCode = "no_separator"       // no empty line between header and body
	DateUnreadable    DefectCode = "date_unreadable"    // a Date that says no moment
	AddressSalvaged   DefectCode = "address_salvaged"   // addresses were found by looking for them in a malformed field
	TooManyAddresses  DefectCode = "too_many_addresses" // more than 10,000 in one field; the rest is not listed
	IDUnusable        DefectCode = "id_unusable"        // an identifier above 998 octets was left out
	TooManyIDs        DefectCode = "too_many_ids"       // more than 1,000 identifiers in one field
	BoundaryMissing   DefectCode = "boundary_missing"   // a multipart that states no boundary, or one above 998 octets
	BoundaryGuessed   DefectCode = "boundary_guessed"   // its parts are divided by another boundary than the stated one
	MultipartUnclosed DefectCode = "multipart_unclosed" // the closing boundary never came
	MultipartEmpty    DefectCode = "multipart_empty"    // no part was found; its text is shown as one plain part
	TooDeep           DefectCode = "too_deep"           // Options.MaxDepth
	TooManyParts      DefectCode = "too_many_parts"     // Options.MaxParts
	TransferUnknown   DefectCode = "transfer_unknown"   // an unknown Content-Transfer-Encoding; octets taken as they are
	TransferBroken    DefectCode = "transfer_broken"    // octets that base64 or quoted-printable do not allow were stepped over
	CharsetUnknown    DefectCode = "charset_unknown"    // a charset nobody knows, of a text, a name or the subject; what it says was guessed
	CharsetWrong      DefectCode = "charset_wrong"      // what is not in the charset that was stated; it was guessed
	TextCut           DefectCode = "text_cut"           // Options.MaxText
	TNEFBroken        DefectCode = "tnef_broken"        // a winmail.dat that is malformed or cut off; what was read of it is listed
)

// A Defect is one thing that was wrong, and where.
type Defect struct {
	Code DefectCode
	Part string // Path of the part, or of the multipart; empty for the mail as a whole
}

const maxDefects = 64

// defects collects; nil is a collector that forgets.
type defects struct{ list *[]Defect }

func (d *defects) add(code DefectCode, part string) {
	if d == nil || d.list == nil || len(*d.list) >= maxDefects {
		return
	}
	for _, have := range *d.list {
		if have.Code == code && have.Part == part {
			return
		}
	}
	*d.list = append(*d.list, Defect{Code: code, Part: part})
}
