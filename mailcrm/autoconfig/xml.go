package autoconfig

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// Bounds of a document: what providers publish stays far below.
const (
	maxDepth  = 20
	maxTokens = 20_000
)

var (
	errDirective = errors.New("a document type or another declaration")
	errTooDeep   = errors.New("nested too deeply")
	errTooMany   = errors.New("too many elements")
	errCharset   = errors.New("unknown character set")
)

// readXML reads a document into v. It is looked over first: what has a document type, an entity of its own, deep nests or masses of elements
// is refused before anything is made of it.
func readXML(body []byte, v any) error {
	if err := lookOver(newDecoder(body)); err != nil {
		return err
	}
	return newDecoder(body).Decode(v)
}

func newDecoder(body []byte) *xml.Decoder {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.CharsetReader = charset
	return d
}

func lookOver(d *xml.Decoder) error {
	depth := 0
	for range maxTokens {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			if depth++; depth > maxDepth {
				return errTooDeep
			}
		case xml.EndElement:
			depth--
		case xml.Directive:
			return errDirective
		}
	}
	return errTooMany
}

// charset reads Latin 1 and its subset as well; encoding/xml itself reads UTF-8.
func charset(label string, input io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "us-ascii", "ascii", "iso-8859-1", "latin1":
	default:
		return nil, errCharset
	}
	body, err := io.ReadAll(io.LimitReader(input, maxDocument))
	if err != nil {
		return nil, err
	}
	runes := make([]rune, len(body))
	for i, b := range body {
		runes[i] = rune(b)
	}
	return strings.NewReader(string(runes)), nil
}
