// Package mailcrmtest is what the tests of a host stand on: a mail server with faults on demand, a clock that is set
// by hand, a maker of believable mailboxes, and the demo that the reference server shows.
//
// # What is here
//
//   - [StartServer] runs an IMAP and an SMTP submission server on free ports of 127.0.0.1, each once with implicit TLS
//     and once with STARTTLS, under a certificate authority of its own. Mail submitted to one of its users lies in that
//     user's INBOX a moment later; everything else is kept for [Server.Delivered]. [Server.FailIMAP], [Server.CutIMAP]
//     and [Server.FailSMTP] make it refuse, stall, cut and lie at any phase, [Server.Bounce] sends mail back.
//   - [Make] yields a mailbox of any size, mail by mail, with the same bytes for the same seed on every machine, and
//     each [Mail] names the people that a CRM must link to it. [WriteMaildir] stores it for a Dovecot.
//   - [Demo] is the mailbox of Jeanne Martin, who sells furniture: some hundred French and English mails of the last
//     eighty days. [Cast] is the CRM that belongs to it: companies, contacts, deals, agents.
//   - [Clock] is a clock for a Config that takes Now func() time.Time.
//
// # How a test uses it
//
//	server, err := mailcrmtest.StartServer(mailcrmtest.ServerOptions{
//		Users: []mailcrmtest.User{{Address: "jeanne.martin@demo.example", Password: "secret"}},
//	})
//	…
//	defer server.Close()
//	err = server.Load("jeanne.martin@demo.example", mailcrmtest.Demo(time.Now()))
//	// dial server.IMAPS with server.Roots()
//
// # What binds
//
// Nothing of a dependency is in a signature: flags, folder names and capabilities are strings. A server is safe for
// concurrent use and leaves no goroutine behind [Server.Close]. It holds everything in memory and forgets it then. All
// its traffic is on the loopback; it never dials.
//
// The IMAP side speaks through go-imap's imapserver with a store of ours behind it, because the in-memory store of that
// library cannot serve a real client (seen with v2.0.0-beta.8): after MOVE it writes "0 EXPUNGE" and then EXPUNGE again,
// a MOVE or COPY of nothing breaks off in the middle of a line, a mail that does not parse is served with zero bytes,
// SPECIAL-USE is never announced, the network is written to with locks held, and two sessions that move mails in
// opposite directions can lock each other. What imapserver itself does not speak is absent here too: CONDSTORE, QRESYNC,
// ID, SORT, THREAD. The SMTP side is written here, because go-smtp offers no say in the greeting, STARTTLS, the answer
// to DATA and QUIT, which are four of the nine phases where a submission can break.
//
// # When not to look here
//
// A CRM in memory that takes the [Cast] is storage/memstore. The suites that a host's storage must pass are in
// storage/storagetest, those for plugins in plugins/plugintest. Whether mailcrm is right is tested against Dovecot and
// a real SMTP server, not against this package alone.
package mailcrmtest
