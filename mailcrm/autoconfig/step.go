package autoconfig

import "time"

// Step is what became of one source, for a page that shows what was tried.
type Step struct {
	Source  Source
	Target  string // what was asked, for people: "autoconfig.example.com", "SRV _imaps._tcp.example.com"
	Outcome Outcome
	// Detail is the code of a failure below the step ("tls.name", "dial.refused_by_policy"), for logs; empty otherwise.
	Detail string
	// Dropped says that servers were named and left out because no password may be sent there: no TLS, or no usable way to sign in.
	Dropped bool
	Took    time.Duration // until the outcome; 0 while it runs
}

// Outcome is how a step ended.
type Outcome string

// Outcomes.
const (
	Running     Outcome = "running"
	Found       Outcome = "found"       // it named servers
	Nothing     Outcome = "nothing"     // it does not know the domain, or it does not exist
	NotOffered  Outcome = "not_offered" // the owner of the domain says that there is none (a target of ".", RFC 6186 §3.4; RFC 7505)
	OwnServer   Outcome = "own_server"  // the domain receives its mail itself, which says nothing about others
	Insecure    Outcome = "insecure"    // all that it named is without TLS
	BadAnswer   Outcome = "bad_answer"  // what came is no such document: a web page, broken, too large, forbidden constructions
	Certificate Outcome = "certificate" // its certificate is not valid for it
	Refused     Outcome = "refused"     // it may not be reached, or it led away from https
	Unreachable Outcome = "unreachable" // nobody answers
	NeedsLogin  Outcome = "needs_login" // it answers to a password only, and got none
	TimedOut    Outcome = "timeout"     // it did not answer in time
	Skipped     Outcome = "skipped"     // not needed, or switched off
)
