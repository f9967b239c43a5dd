package imapsync

import (
	"sync"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// strays are FETCH responses that go-imap gives to no command: it knows one by the UID that stands before the body, and takes only the first for each UID. A server
// may put the UID last, or tell of a flag while the body is on its way; the body then comes here.
//
// go-imap calls came in a goroutine of its own. It reads on only when a body was consumed, so a response with a body has begun to be taken before the command
// that it answers ends.
type strays struct {
	mu      sync.Mutex
	take    func(*imapclient.FetchMessageData) // nil while no FETCH is under way
	left    int                                // responses that may still be taken
	running sync.WaitGroup
}

// fetchEach sends a FETCH, gives every response to take, one after the other, and returns when all were taken. At most most of them may be strays.
func (s *Session) fetchEach(uids []uint32, items *imap.FetchOptions, most int, take func(*imapclient.FetchMessageData)) error {
	var turn sync.Mutex
	inTurn := func(data *imapclient.FetchMessageData) {
		turn.Lock()
		defer turn.Unlock()
		take(data)
	}
	s.busy = true
	s.strays.begin(inTurn, most) // before the command: the answer may be quicker than we are
	cmd := s.conn.Client().Fetch(setOf(uids), items)
	for data := cmd.Next(); data != nil; data = cmd.Next() {
		inTurn(data)
	}
	err := cmd.Close()
	s.strays.end()
	s.busy = false
	return err
}

func (st *strays) begin(take func(*imapclient.FetchMessageData), most int) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.take, st.left = take, most
}

func (st *strays) end() {
	st.mu.Lock()
	st.take = nil
	st.mu.Unlock()
	st.running.Wait()
}

// came is go-imap's handler of unsolicited FETCH responses. It must consume them, or nothing is read any more.
func (st *strays) came(data *imapclient.FetchMessageData) {
	st.mu.Lock()
	take := st.take
	if take != nil && st.left > 0 {
		st.left--
		st.running.Add(1)
	} else {
		take = nil
	}
	st.mu.Unlock()
	if take == nil {
		for data.Next() != nil { // drop it
		}
		return
	}
	defer st.running.Done()
	take(data)
}
