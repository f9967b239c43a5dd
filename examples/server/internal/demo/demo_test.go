package demo_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mailcrm/sdk/examples/server/internal/demo"
	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// run starts a demo whose mail is there.
func run(t *testing.T, opts *demo.Options) *demo.Demo {
	t.Helper()
	d, err := demo.Start(t.Context(), opts)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- d.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ran)
		require.NoError(t, d.Close())
	})
	require.NoError(t, d.Ready(ctx))
	return d
}

func TestDemo(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Run("runs", func(t *testing.T) {
		d := run(t, &demo.Options{Answer: time.Millisecond, Undo: -1})
		jeanne := d.Client.As(storage.Actor{Agent: "jeanne", Locale: "fr", Zone: "Europe/Paris"})

		total, linked := 0, 0
		for cursor := ""; ; {
			page, err := jeanne.Messages.List(t.Context(), mailcrm.MessageQuery{Limit: mailcrm.MaxPage, Cursor: cursor})
			require.NoError(t, err)
			for _, m := range page.Items {
				total++
				if len(m.Links) > 0 {
					linked++
				}
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		require.GreaterOrEqual(t, total, 80, "a mailbox of at least 80 mails")
		require.Greater(t, linked, total/2, "most are linked at arrival")

		history, err := jeanne.Timeline.List(t.Context(), mailcrm.TimelineQuery{Entity: storage.Ref{Kind: storage.KindContact, ID: "anke"}})
		require.NoError(t, err)
		require.NotEmpty(t, history.Items)

		for _, page := range []string{"reply", "contact", "deal"} {
			for _, language := range []string{"fr", "en"} {
				all, err := jeanne.Templates.List(t.Context(), page, language)
				require.NoError(t, err)
				require.NotEmpty(t, all, "%s in %s", page, language)
			}
		}

		// A client answers what is sent to him.
		inbox, err := jeanne.Messages.List(t.Context(), mailcrm.MessageQuery{From: "anke.vogel"})
		require.NoError(t, err)
		require.NotEmpty(t, inbox.Items)
		draft, err := jeanne.Drafts.Reply(t.Context(), mailcrm.ReplyInput{Message: inbox.Items[0].ID})
		require.NoError(t, err)
		draft.Text = "Dear Anke, it is on its way."
		draft, err = jeanne.Drafts.Update(t.Context(), draft.DraftInput)
		require.NoError(t, err)
		_, err = jeanne.Drafts.Send(t.Context(), mailcrm.SendInput{ID: draft.ID})
		require.NoError(t, err)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for deadline := time.After(time.Minute); ; {
			now, err := jeanne.Messages.List(t.Context(), mailcrm.MessageQuery{From: "anke.vogel"})
			require.NoError(t, err)
			if len(now.Items) > len(inbox.Items) {
				require.Equal(t, inbox.Items[0].Thread, now.Items[0].Thread, "the answer is part of the conversation")
				require.NotEmpty(t, now.Items[0].Links)
				require.Contains(t, now.Items[0].Snippet, "arrived safely")
				break
			}
			select {
			case <-tick.C:
			case <-deadline:
				require.FailNow(t, "no answer came")
			}
		}
	})
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left, "nothing is left behind")
}

// TestKilled: what a demo leaves that could not remove it, the next one does.
func TestKilled(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	gone := exec.Command("true")
	require.NoError(t, gone.Run())
	for name, pid := range map[string]string{"mailcrm-demo-killed": strconv.Itoa(gone.Process.Pid), "mailcrm-demo-running": strconv.Itoa(os.Getpid()), "mailcrm-demo-odd": "x", "other": strconv.Itoa(gone.Process.Pid)} {
		require.NoError(t, os.MkdirAll(filepath.Join(temp, name, "blobs"), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(temp, name, "pid"), []byte(pid), 0o600))
	}
	d, err := demo.Start(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, d.Close())
	left, err := filepath.Glob(filepath.Join(temp, "*"))
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(temp, "mailcrm-demo-odd"), filepath.Join(temp, "mailcrm-demo-running"), filepath.Join(temp, "other")}, left)
}
