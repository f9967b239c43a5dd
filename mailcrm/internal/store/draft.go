package store

import (
	"time"

	"github.com/mailcrm/sdk/storage"
)

// A Draft is a mail being written. It belongs to one agent.
type Draft struct {
	Tenant      storage.Tenant    `json:"-"`
	ID          string            `json:"-"`
	Agent       string            `json:"-"`
	Account     string            `json:"account"`
	Identity    string            `json:"identity,omitempty"`
	To          []Address         `json:"to,omitempty"`
	Cc          []Address         `json:"cc,omitempty"`
	Bcc         []Address         `json:"bcc,omitempty"`
	Subject     string            `json:"subject"`
	HTML        string            `json:"html,omitempty"`
	Text        string            `json:"text,omitempty"`        // written by a person; empty: made from HTML
	Template    string            `json:"template,omitempty"`    // chosen last
	Entity      storage.Ref       `json:"entity"`                // whose fields are merged; zero: none
	Entities    []storage.Ref     `json:"entities,omitempty"`    // linked when sent, beside those found by address
	InReplyTo   string            `json:"in_reply_to,omitempty"` // id of the message answered
	Forward     bool              `json:"forward,omitempty"`     // InReplyTo is forwarded, not answered
	References  []string          `json:"references,omitempty"`
	Quote       bool              `json:"quote,omitempty"` // the message answered or forwarded follows the text; never merged
	Receipt     bool              `json:"receipt,omitempty"`
	Private     bool              `json:"private,omitempty"`
	Attachments []DraftAttachment `json:"attachments,omitempty"`
	Revision    int64             `json:"-"`
	Updated     time.Time         `json:"-"`
	Sent        string            `json:"-"` // id of the submission made of it; "" while it is a draft
}

// A DraftAttachment is a file to be sent. Its bytes are in the blob store.
type DraftAttachment struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Type      string         `json:"type"`
	Size      int64          `json:"size"`
	Digest    storage.Digest `json:"digest"`
	ContentID string         `json:"content_id,omitempty"` // inline picture
}
