package folders

import (
	"cmp"
	"slices"
	"strings"
)

// merge makes one line of the lines that a mailbox has in several LIST answers: the attributes of all, the first delimiter, id and count.
func merge(boxes []Mailbox) []Mailbox {
	at := make(map[string]int, len(boxes))
	for i, b := range boxes {
		if _, again := at[mergeKey(b)]; again {
			return mergeFrom(i, boxes, at)
		}
		at[mergeKey(b)] = i
	}
	return boxes
}

// mergeFrom goes on from the first line that comes again, in a list of its own.
func mergeFrom(start int, boxes []Mailbox, at map[string]int) []Mailbox {
	merged := slices.Clone(boxes[:start])
	for _, b := range boxes[start:] {
		i, again := at[mergeKey(b)]
		if !again {
			at[mergeKey(b)] = len(merged)
			merged = append(merged, b)
			continue
		}
		m := &merged[i]
		m.Attributes = slices.Concat(m.Attributes, b.Attributes)
		m.Delimiter, m.ID, m.Messages = cmp.Or(m.Delimiter, b.Delimiter), cmp.Or(m.ID, b.ID), cmp.Or(m.Messages, b.Messages)
	}
	return merged
}

func mergeKey(b Mailbox) string {
	if strings.EqualFold(b.Name, "INBOX") {
		return "INBOX"
	}
	return b.Name
}

// delimiter is the hierarchy delimiter of a listing: the first that a mailbox has.
func delimiter(boxes []Mailbox) string {
	for _, b := range boxes {
		if b.Delimiter != "" {
			return b.Delimiter
		}
	}
	return ""
}
