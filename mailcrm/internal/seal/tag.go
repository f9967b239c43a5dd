package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/mailcrm/sdk/storage"
)

// tagSize is the number of bytes of the MAC in a tag: 96 bits.
const tagSize = 12

var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func tagKey(secret []byte) ([]byte, error) {
	return hkdf.Key(sha256.New, secret, nil, "mailcrm tag", sha256.Size)
}

func mac(key []byte, tenant storage.Tenant, id string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(tenant))
	h.Write([]byte{0})
	h.Write([]byte(id))
	return encoding.EncodeToString(h.Sum(nil)[:tagSize])
}

// Tag marks a submission of ours: "mc.<id>.<mac>", which survives in References, In-Reply-To and ENVID where a Message-ID is rewritten. Nobody
// else can make one, so that a forged bounce or reply does not find a submission. The id is lower-case ASCII without dots. Without a key there is no tag: "".
func (k *Keys) Tag(tenant storage.Tenant, id string) string {
	ring := k.known()
	if len(ring) == 0 {
		return ""
	}
	return "mc." + id + "." + mac(ring[0].tag, tenant, id)
}

// Tagged is the id in a tag that Tag made for this tenant with any key of the ring.
func (k *Keys) Tagged(tenant storage.Tenant, tag string) (id string, ok bool) {
	rest, found := strings.CutPrefix(strings.ToLower(tag), "mc.")
	id, sum, dotted := strings.Cut(rest, ".")
	if !found || !dotted || id == "" {
		return "", false
	}
	for _, key := range k.known() {
		if hmac.Equal([]byte(sum), []byte(mac(key.tag, tenant, id))) {
			return id, true
		}
	}
	return "", false
}
