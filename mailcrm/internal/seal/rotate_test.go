package seal

import (
	"context"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"text/template"

	"github.com/mailcrm/sdk/storage"
	"github.com/stretchr/testify/require"
)

// TestRotateFile: an old key opens until it is taken away; a ring that is in use follows its file.
func TestRotateFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mailcrm.key")
	running, err := File(path)
	require.NoError(t, err)
	at := Place{"a", "1", "imap.password"}
	old, err := running.Seal(at, NewSecret("x"))
	require.NoError(t, err)
	require.False(t, running.Stale(old))

	require.NoError(t, RotateFile(path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.True(t, running.Stale(old), "it has noticed")
	fresh, err := running.Seal(at, NewSecret("x"))
	require.NoError(t, err)
	require.NotEqual(t, old[:prefixSize], fresh[:prefixSize])
	started, err := File(path)
	require.NoError(t, err)
	for _, keys := range []*Keys{running, started} {
		for _, sealed := range [][]byte{old, fresh} {
			s, err := keys.Open(at, sealed)
			require.NoError(t, err)
			require.Equal(t, "x", s.Reveal())
		}
	}

	require.NoError(t, PruneFile(path))
	for _, keys := range []*Keys{running, started} {
		_, err := keys.Open(at, old)
		require.Equal(t, "seal.unknown_key", storage.CauseCode(err), "the old key is refused")
		_, err = keys.Open(at, fresh)
		require.NoError(t, err)
		require.Equal(t, "1 keys", keys.String())
	}

	// A file that cannot be read any more changes nothing for who runs.
	require.NoError(t, os.WriteFile(path, []byte("{"), 0o600))
	_, err = running.Open(at, fresh)
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	_, err = running.Open(at, fresh)
	require.NoError(t, err)
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Empty(t, left, "no temporary file stays")
}

// TestRotateFileRefuses: nothing is changed, and no key is lost, when something is wrong.
func TestRotateFileRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "k")
	require.ErrorIs(t, RotateFile(path), os.ErrNotExist)
	keys, err := File(path)
	require.NoError(t, err)
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path+".new", nil, 0o600))
	require.ErrorIs(t, RotateFile(path), storage.ErrConflict)
	require.NoError(t, os.Remove(path+".new"))
	require.NoError(t, os.Chmod(path, 0o640))
	require.ErrorIs(t, RotateFile(path), storage.ErrInvalid)
	require.NoError(t, os.Chmod(path, 0o600))
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.NoFileExists(t, path+".new")

	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(path, link))
	require.NoError(t, RotateFile(link))
	kept, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, kept.Mode()&os.ModeSymlink, "the link stays one")
	require.Len(t, keys.current(), 2)

	for _, text := range []string{"", "{}", `{"primaryKeyId":1,"key":[]}`, "null", `"s3cret"`} {
		for _, change := range []func([]byte) ([]byte, error){Rotate, Prune} {
			_, err := change([]byte(text))
			require.ErrorIs(t, err, storage.ErrInvalid, text)
			require.NotContains(t, err.Error(), "s3cret")
		}
	}
}

// TestRotateAtOnce: of several who rotate at the same time none loses a key that another one made.
func TestRotateAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	keys, err := File(path)
	require.NoError(t, err)
	var wg sync.WaitGroup
	done := make([]error, 20)
	for i := range done {
		wg.Go(func() { done[i] = RotateFile(path) })
		wg.Go(func() { _, _ = keys.Seal(Place{}, NewSecret("x")) })
	}
	wg.Wait()
	made := 1
	for _, err := range done {
		if err == nil {
			made++
		} else {
			require.ErrorIs(t, err, storage.ErrConflict)
		}
	}
	require.Greater(t, made, 1)
	require.Len(t, keys.current(), made)
}

// xorKMS is a KMS of a test: its key never leaves it, and what it makes is bound to the context.
type xorKMS struct{ fail error }

func (k xorKMS) Encrypt(_ context.Context, text, bound []byte) ([]byte, error) {
	return []byte("kms:" + string(bound) + ":" + base64.StdEncoding.EncodeToString(text)), k.fail
}

func (k xorKMS) Decrypt(_ context.Context, wrapped, bound []byte) ([]byte, error) {
	text, ok := strings.CutPrefix(string(wrapped), "kms:"+string(bound)+":")
	if k.fail != nil || !ok {
		return nil, errors.Join(k.fail, errors.New("not ours"))
	}
	return base64.StdEncoding.DecodeString(text)
}

func TestWrap(t *testing.T) {
	text, err := NewKeyset()
	require.NoError(t, err)
	wrapped, err := Wrap(t.Context(), xorKMS{}, text)
	require.NoError(t, err)
	again, err := Unwrap(t.Context(), xorKMS{}, wrapped)
	require.NoError(t, err)
	require.Equal(t, text, again)
	_, err = Unwrap(t.Context(), xorKMS{}, wrapped[1:])
	require.ErrorIs(t, err, storage.ErrUnavailable)
	_, err = Unwrap(t.Context(), xorKMS{fail: storage.ErrAuth}, wrapped)
	require.ErrorIs(t, err, storage.ErrAuth, "the host says what it was")
	_, err = Unwrap(t.Context(), xorKMS{fail: context.Canceled}, wrapped)
	require.ErrorIs(t, err, context.Canceled)
	_, err = Unwrap(t.Context(), xorKMS{}, nil)
	require.ErrorIs(t, err, storage.ErrInvalid)
	_, err = Wrap(t.Context(), xorKMS{}, []byte("{}"))
	require.ErrorIs(t, err, storage.ErrInvalid)
}

// shown is a test that only shows what it complains of.
type shown struct{ w io.Writer }

func (s shown) Errorf(format string, args ...any) { fmt.Fprintf(s.w, format, args...) }
func (shown) FailNow()                            {}

// TestSecretInNoEncoding: whoever writes a value down, writes no secret.
func TestSecretInNoEncoding(t *testing.T) {
	s := NewSecret("hunter2")
	type open struct{ Password Secret }
	type closed struct{ password Secret }
	var out strings.Builder
	enc, err := xml.Marshal(open{s})
	require.NoError(t, err)
	require.Contains(t, string(enc), redacted)
	out.Write(enc)
	require.Error(t, gob.NewEncoder(&out).Encode(open{s}), "a value without fields is nothing to gob")
	text, err := s.MarshalText()
	require.NoError(t, err)
	out.Write(text)
	asKey, err := json.Marshal(map[string]any{"p": &s, "q": []Secret{s}})
	require.NoError(t, err)
	out.Write(asKey)
	require.NoError(t, template.Must(template.New("").Parse("{{.Password}} {{printf \"%x\" .Password}} {{.}}")).Execute(&out, open{s}))
	out.WriteString(fmt.Errorf("signing in with %v: %w", s, io.EOF).Error())
	out.WriteString(errors.Join(fmt.Errorf("%s", s)).Error())
	require.Equal(shown{&out}, []any{open{s}, &s, closed{s}}, []any{1}) // it dumps by reflection, through pointers
	require.Contains(t, out.String(), "Password: (seal.Secret)")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T", "%p", "%08b"} {
		fmt.Fprintf(&out, verb+verb+verb+verb, s, &s, closed{s}, []closed{{s}})
	}
	for _, spelling := range []string{"hunter2", fmt.Sprintf("%x", "hunter2"), fmt.Sprintf("%X", "hunter2"), "[104 117 110 116 101 114 50]", "aHVudGVyM"} {
		require.NotContains(t, out.String(), spelling)
	}

	var in Secret
	require.NoError(t, in.UnmarshalText([]byte("x")))
	require.Equal(t, "x", in.Reveal())
	require.Error(t, in.UnmarshalText([]byte(redacted)))
	keys, err := NewKeyset()
	require.NoError(t, err)
	ring, err := FromJSON(keys)
	require.NoError(t, err)
	require.Equal(t, "1 keys 1 keys", fmt.Sprintf("%+v %#v", ring, ring))
}
