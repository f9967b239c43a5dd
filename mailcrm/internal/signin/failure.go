package signin

// A Reason is why a login came to nothing, apart from the plain no of a server. Each room that logs in has a code for each.
type Reason string

// The reasons.
const (
	Unusable     Reason = "unusable"      // the credential itself cannot be used; nothing was sent
	NoMechanism  Reason = "no_mechanism"  // both sides have none in common, or the server does not play by the rules of the one that was chosen
	Unproven     Reason = "unproven"      // the server did not prove that it knows the password (RFC 5802 §3)
	NoVerifier   Reason = "no_verifier"   // the server refused SCRAM before it looked at a proof
	TokenExpired Reason = "token_expired" // another token may help
	Refused      Reason = "refused"       // the server refused, and told why
)

// A Failure is a login that came to nothing.
type Failure struct {
	Reason Reason
	// Detail is for people who read logs. Words of a server in it have been cleaned of secrets and of what is not printable.
	Detail string
}

func (f *Failure) Error() string { return f.Detail }

func fail(why Reason, detail string) *Failure { return &Failure{why, detail} }
