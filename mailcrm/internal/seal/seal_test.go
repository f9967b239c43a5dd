package seal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/mailcrm/sdk/storage"
	"github.com/stretchr/testify/require"
)

func ring(t *testing.T) *Keys {
	t.Helper()
	k, err := File(filepath.Join(t.TempDir(), "keys", "mailcrm.key"))
	require.NoError(t, err)
	return k
}

func TestOpenNeedsTheSamePlace(t *testing.T) {
	k := ring(t)
	at := Place{"a", "1", "imap.password"}
	sealed, err := k.Seal(at, NewSecret("pâss"))
	require.NoError(t, err)
	require.NotContains(t, string(sealed), "pâss")
	again, err := k.Seal(at, NewSecret("pâss"))
	require.NoError(t, err)
	require.NotEqual(t, sealed, again, "a fresh nonce each time")

	s, err := k.Open(at, sealed)
	require.NoError(t, err)
	require.Equal(t, "pâss", s.Reveal())

	for _, other := range []Place{{"b", "1", "imap.password"}, {"a", "2", "imap.password"}, {"a", "1", "smtp.password"}, {"", "a1", "imap.password"}, {"a1", "", "imap.password"}} {
		_, err := k.Open(other, sealed)
		require.ErrorIs(t, err, storage.ErrAuth)
		require.Equal(t, "seal.damaged", storage.CauseCode(err))
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		_, err := k.Open(at, changed)
		require.ErrorIs(t, err, storage.ErrAuth, "byte %d", i)
	}
	_, err = ring(t).Open(at, sealed)
	require.Equal(t, "seal.unknown_key", storage.CauseCode(err))
}

func TestNothingSealsToNothing(t *testing.T) {
	k := ring(t)
	sealed, err := k.Seal(Place{}, Secret{})
	require.NoError(t, err)
	require.Nil(t, sealed)
	s, err := k.Open(Place{}, nil)
	require.NoError(t, err)
	require.True(t, s.IsZero())
}

func TestLimits(t *testing.T) {
	k := ring(t)
	_, err := k.Seal(Place{}, NewSecret(string(make([]byte, MaxSecret))))
	require.NoError(t, err)
	_, err = k.Seal(Place{}, NewSecret(string(make([]byte, MaxSecret+1))))
	require.ErrorIs(t, err, storage.ErrLimit)
	big := filepath.Join(t.TempDir(), "k")
	require.NoError(t, os.WriteFile(big, make([]byte, MaxKeyFile+1), 0o600))
	_, err = File(big)
	require.ErrorIs(t, err, storage.ErrLimit)
}

func TestNoKeyIsAnError(t *testing.T) {
	_, err := (&Keys{}).Seal(Place{}, NewSecret("x"))
	require.ErrorContains(t, err, "KeyFile")
	require.Empty(t, (&Keys{}).Tag("a", "01hx"))
	_, ok := (&Keys{}).Tagged("a", "mc.01hx.x")
	require.False(t, ok)
	_, err = (&Keys{}).Open(Place{}, []byte("x"))
	require.ErrorIs(t, err, storage.ErrInvalid)
}

func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "mailcrm.key")
	a, err := File(path)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary file stays")

	b, err := File(path)
	require.NoError(t, err)
	sealed, err := a.Seal(Place{}, NewSecret("x"))
	require.NoError(t, err)
	s, err := b.Open(Place{}, sealed)
	require.NoError(t, err)
	require.Equal(t, "x", s.Reveal())

	require.NoError(t, os.Chmod(path, 0o644))
	_, err = File(path)
	require.ErrorContains(t, err, "chmod 600")

	require.NoError(t, os.WriteFile(path, []byte(`{"key": "s3cret"`), 0o600))
	require.NoError(t, os.Chmod(path, 0o600))
	_, err = File(path)
	require.ErrorIs(t, err, storage.ErrInvalid)
	require.NotContains(t, err.Error(), "s3cret")
}

func TestSecretNeverPrints(t *testing.T) {
	s := NewSecret("hunter2")
	type form struct {
		Password Secret
		Pointer  *Secret
	}
	type inside struct { // fmt calls no method of what lies in an unexported field
		password Secret
		deeper   struct{ pointer *Secret }
		list     []Secret
	}
	f := form{s, &s}
	hidden := inside{password: s, list: []Secret{s}}
	hidden.deeper.pointer = &s
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "s", s, "p", &s, "f", f)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "p", &s, "f", f, "in", hidden)
	j, err := json.Marshal(f)
	require.NoError(t, err)
	all := log.String() + string(j) + fmt.Sprint(s, &s, f) + fmt.Sprintf("%v %+v %#v %s %q %x %d %v %+v %#v", s, s, s, s, s, s, s, f, f, f)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		all += fmt.Sprintf(verb, hidden) + fmt.Sprintf(verb, &hidden)
	}
	require.NotContains(t, all, "hunter2")
	require.NotContains(t, all, fmt.Sprintf("%x", "hunter2"))
	require.Contains(t, all, redacted)

	var in form
	require.NoError(t, json.Unmarshal([]byte(`{"Password":"hunter2"}`), &in))
	require.Equal(t, "hunter2", in.Password.Reveal())
	require.ErrorContains(t, json.Unmarshal(j, &in), "leave the field out")
}

func TestTag(t *testing.T) {
	k := ring(t)
	tag := k.Tag("a", "01hx")
	id, ok := k.Tagged("a", tag)
	require.True(t, ok)
	require.Equal(t, "01hx", id)
	for _, bad := range []string{"", "mc.", "mc.01hx", "mc.01hx.", "mc.01hy." + tag[len("mc.01hx."):], tag + "a"} {
		_, ok := k.Tagged("a", bad)
		require.False(t, ok, bad)
	}
	_, ok = k.Tagged("b", tag)
	require.False(t, ok, "another tenant's tag is a stranger's")
	_, ok = ring(t).Tagged("a", tag)
	require.False(t, ok)
}
