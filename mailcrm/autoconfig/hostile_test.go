package autoconfig

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// Only what is protected is believed: FAULTS S3.
func TestConfigNeverLowersSecurity(t *testing.T) {
	good := outgoing("smtp.firm.example", "465", "SSL", "")
	secure := incoming("imap.firm.example", "993", "SSL", "")
	auth := func(server, kind string) string { return strings.ReplaceAll(server, "password-cleartext", kind) }
	for name, test := range map[string]struct {
		imap, smtp string
		outcome    Outcome
		dropped    bool
		wantSMTP   string
	}{
		"plain":                 {incoming("imap.firm.example", "143", "plain", ""), good, Insecure, true, ""},
		"none":                  {incoming("imap.firm.example", "143", "none", ""), good, Insecure, true, ""},
		"no socket type":        {incoming("imap.firm.example", "993", "", ""), good, Insecure, true, ""},
		"plain on 993":          {incoming("imap.firm.example", "993", "plain", ""), good, Insecure, true, ""},
		"plain first":           {incoming("imap.firm.example", "143", "plain", "") + secure, good, Found, true, "smtp.firm.example"},
		"plain smtp":            {secure, outgoing("smtp.firm.example", "25", "plain", ""), Found, true, ""},
		"plain smtp first":      {secure, outgoing("smtp.firm.example", "25", "plain", "") + good, Found, true, "smtp.firm.example"},
		"kerberos only":         {auth(secure, "GSSAPI"), good, Insecure, true, ""},
		"no authentication":     {auth(secure, "none"), good, Insecure, true, ""},
		"client address":        {secure, auth(good, "client-IP-address"), Found, true, ""},
		"encrypted password":    {auth(secure, "password-encrypted"), good, Found, false, "smtp.firm.example"},
		"pop only":              {strings.ReplaceAll(secure, `"imap"`, `"pop3"`), good, Nothing, false, ""},
		"a port of others":      {incoming("imap.firm.example", "22", "SSL", ""), good, Nothing, false, ""},
		"no port":               {incoming("imap.firm.example", "x", "SSL", ""), good, Nothing, false, ""},
		"a huge port":           {incoming("imap.firm.example", "66529", "SSL", ""), good, Nothing, false, ""},
		"an address":            {incoming("127.0.0.1", "993", "SSL", ""), good, Nothing, false, ""},
		"an address in octal":   {incoming("0177.0.0.01", "993", "SSL", ""), good, Nothing, false, ""},
		"an IPv6 address":       {incoming("[::1]", "993", "SSL", ""), good, Nothing, false, ""},
		"localhost":             {incoming("localhost", "993", "SSL", ""), good, Nothing, false, ""},
		"a host with a path":    {incoming("imap.firm.example/x", "993", "SSL", ""), good, Nothing, false, ""},
		"a host with a user":    {incoming("a@imap.firm.example", "993", "SSL", ""), good, Nothing, false, ""},
		"no host":               {incoming("", "993", "SSL", ""), good, Nothing, false, ""},
		"a login of controls":   {incoming("imap.firm.example", "993", "SSL", "a&#13;&#10;b"), good, Nothing, false, ""},
		"a login that is asked": {incoming("imap.firm.example", "993", "SSL", "%ACCOUNTID%"), good, Nothing, false, ""},
		"a long login":          {incoming("imap.firm.example", "993", "SSL", strings.Repeat("x", 300)), good, Nothing, false, ""},
	} {
		m, err := parseAddress("ann@firm.example")
		require.NoError(t, err)
		x, err := newExplorer(m, nil)
		require.NoError(t, err)
		f := parseConfig([]byte(config(test.imap, test.smtp)), m, x.portAllowed)
		require.Equal(t, test.outcome, f.outcome, name)
		require.Equal(t, test.dropped, f.dropped, name)
		if test.outcome == Found {
			require.Equal(t, test.wantSMTP, f.candidate.SMTP.Host, name)
		}
	}
}

func TestConfigLogins(t *testing.T) {
	for template, want := range map[string]Server{
		"":                                {Login: LoginAddress, Username: "ann.x@firm.example"},
		"%EMAILADDRESS%":                  {Login: LoginAddress, Username: "ann.x@firm.example"},
		"%EMAILLOCALPART%@%EMAILDOMAIN%":  {Login: LoginAddress, Username: "ann.x@firm.example"},
		"%EMAILLOCALPART%":                {Login: LoginLocalPart, Username: "ann.x"},
		"%EMAILLOCALPART%.%EMAILDOMAIN%":  {Login: LoginOther, Username: "ann.x.firm.example"},
		" \n%EMAILLOCALPART%\n ":          {Login: LoginLocalPart, Username: "ann.x"},
		"FIRM\\%EMAILLOCALPART%":          {Login: LoginOther, Username: "FIRM\\ann.x"},
		"%EMAILDOMAIN%/%EMAILLOCALPART%":  {Login: LoginOther, Username: "firm.example/ann.x"},
		"%EMAILADDRESS%%EMAILLOCALPART%a": {Login: LoginOther, Username: "ann.x@firm.exampleann.xa"},
	} {
		m, err := parseAddress("ann.x@firm.example")
		require.NoError(t, err)
		login, username, ok := loginFrom(template, m)
		require.True(t, ok, template)
		require.Equal(t, want, Server{Login: login, Username: username}, template)
	}
}

func TestReadXMLRefuses(t *testing.T) {
	good := config(incoming("imap.firm.example", "993", "SSL", ""), "")
	var entities strings.Builder
	for range 20_000 {
		entities.WriteString("<a/>")
	}
	for name, document := range map[string]string{
		"empty":             "",
		"text":              "no such page",
		"html":              "<!DOCTYPE html><html><head><title>Welcome</title></head><body><p>Parked<br></body></html>",
		"xhtml":             `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>Parked</p></body></html>`,
		"html around":       "<html>" + good + "</html>",
		"document type":     "<!DOCTYPE clientConfig>" + good,
		"external entity":   `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><clientConfig>&e;</clientConfig>`,
		"billion laughs":    `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><clientConfig>&b;</clientConfig>`,
		"unknown entity":    `<clientConfig>&nbsp;</clientConfig>`,
		"deep":              strings.Repeat("<a>", 30) + strings.Repeat("</a>", 30),
		"deep inside":       strings.Replace(good, "<domain>", strings.Repeat("<a>", 30)+strings.Repeat("</a>", 30)+"<domain>", 1),
		"masses":            "<clientConfig>" + entities.String() + "</clientConfig>",
		"cut":               good[:len(good)-10],
		"unclosed":          "<clientConfig><emailProvider>",
		"control character": "<clientConfig>\x01</clientConfig>",
		"UTF-16":            "\xff\xfe<\x00c\x00>\x00",
		"unknown charset":   strings.Replace(good, "UTF-8", "UTF-7", 1),
		"another root":      strings.NewReplacer("<clientConfig ", "<config ", "</clientConfig>", "</config>").Replace(good),
	} {
		var doc clientConfig
		require.Error(t, readXML([]byte(document), &doc), name)
	}
	for name, document := range map[string]string{
		"good":        good,
		"Latin 1":     strings.Replace(strings.Replace(good, "UTF-8", "ISO-8859-1", 1), "<domain>x", "<domain>caf\xe9", 1),
		"byte order":  "\ufeff" + good[strings.Index(good, "<client"):],
		"comment":     "<!-- by hand -->" + good[strings.Index(good, "<client"):],
		"a namespace": strings.Replace(good, "<clientConfig ", `<clientConfig xmlns="urn:x" `, 1),
		"CDATA":       strings.Replace(good, "imap.firm.example", "<![CDATA[imap.firm.example]]>", 1),
	} {
		var doc clientConfig
		require.NoError(t, readXML([]byte(document), &doc), name)
		require.Len(t, doc.Providers, 1, name)
		require.Equal(t, "imap.firm.example", doc.Providers[0].Incoming[0].Hostname, name)
	}
}

// What is wrong with a page is told apart, and nothing of it becomes a candidate.
func TestPagesThatAreRefused(t *testing.T) {
	good := config(incoming("imap.firm.example", "993", "SSL", ""), outgoing("smtp.firm.example", "465", "SSL", ""))
	send := func(status int, body string, headers ...string) http.HandlerFunc {
		return func(out http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(headers); i += 2 {
				out.Header().Set(headers[i], headers[i+1])
			}
			out.WriteHeader(status)
			_, _ = io.WriteString(out, body)
		}
	}
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		outcome Outcome
	}{
		"a web page as XML":    {send(200, "<html><body>Parked</body></html>", "Content-Type", "text/xml"), BadAnswer},
		"a bomb":               {send(200, `<!DOCTYPE l [<!ENTITY a "ha">]><clientConfig>&a;</clientConfig>`), BadAnswer},
		"too large":            {send(200, good+strings.Repeat(" ", maxDocument)), BadAnswer},
		"packed":               {send(200, "\x1f\x8b\x08\x00", "Content-Encoding", "gzip"), BadAnswer},
		"large header":         {send(200, good, "X-Big", strings.Repeat("x", 64<<10)), Unreachable},
		"missing":              {send(404, good), Nothing},
		"forbidden":            {send(403, good), Nothing},
		"wants a password":     {send(401, good, "WWW-Authenticate", "Basic"), NeedsLogin},
		"broken":               {send(503, good), Unreachable},
		"no content":           {send(204, ""), Nothing},
		"to http":              {send(302, "", "Location", "http://firm.example/config.xml"), Refused},
		"to a file":            {send(302, "", "Location", "file:///etc/passwd"), Refused},
		"to another port":      {send(302, "", "Location", "https://firm.example:993/"), Refused},
		"to an address":        {send(302, "", "Location", "https://169.254.169.254/latest/meta-data"), Refused},
		"to an IPv6 address":   {send(302, "", "Location", "https://[::1]/"), Refused},
		"with a password":      {send(302, "", "Location", "https://a:b@firm.example/"), Refused},
		"nowhere":              {send(302, ""), Refused},
		"in a circle":          {send(302, "", "Location", "https://autoconfig.firm.example"+configPath), Refused},
		"cut short":            {func(out http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, Unreachable},
		"all without security": {send(200, config(incoming("imap.firm.example", "143", "plain", ""), "")), Insecure},
	} {
		w := newWorld(t)
		w.handle("autoconfig.firm.example"+configPath, test.handler)
		result := w.explore("ann@firm.example")
		require.Empty(t, result.Candidates, name)
		require.Equal(t, test.outcome, outcomes(result)[SourceAutoconfig], name)
	}
}

func TestRedirectsStayOnHTTPS(t *testing.T) {
	w := newWorld(t)
	w.handle("autoconfig.firm.example"+configPath, func(out http.ResponseWriter, in *http.Request) {
		http.SetCookie(out, &http.Cookie{Name: "track", Value: "1"})
		http.Redirect(out, in, "https://autoconfig.hoster.example/one", http.StatusMovedPermanently)
	})
	w.handle("autoconfig.hoster.example/one", func(out http.ResponseWriter, in *http.Request) {
		http.Redirect(out, in, "/two", http.StatusFound)
	})
	w.handle("autoconfig.hoster.example/two", func(out http.ResponseWriter, in *http.Request) {
		http.Redirect(out, in, "/three", http.StatusTemporaryRedirect)
	})
	w.handle("autoconfig.hoster.example/three", func(out http.ResponseWriter, in *http.Request) {
		if len(in.Cookies()) > 0 || in.Header.Get("Referer") != "" {
			http.Error(out, "a cookie", http.StatusTeapot)
			return
		}
		_, _ = io.WriteString(out, config(incoming("imap.firm.example", "993", "SSL", ""), outgoing("smtp.firm.example", "465", "SSL", "")))
	})
	c := w.explore("ann@firm.example").Candidates[0]
	require.Contains(t, c.Explain("en"), "autoconfig.firm.example (autoconfig.hoster.example)")

	w.handle("autoconfig.hoster.example/three", func(out http.ResponseWriter, in *http.Request) {
		http.Redirect(out, in, "/four", http.StatusFound)
	})
	require.Equal(t, Refused, outcomes(w.explore("ann@firm.example"))[SourceAutoconfig])
}

func TestCertificatesAreChecked(t *testing.T) {
	w := newWorld(t)
	w.page("autoconfig.firm.example"+configPath, config(incoming("imap.firm.example", "993", "SSL", ""), ""))
	w.untrust["autoconfig.firm.example"] = true
	result := w.explore("ann@firm.example")
	require.Empty(t, result.Candidates)
	require.Equal(t, Certificate, outcomes(result)[SourceAutoconfig])
	for _, s := range result.Steps {
		if s.Source == SourceAutoconfig {
			require.Equal(t, "tls.untrusted", s.Detail)
		}
	}
	require.NotContains(t, strings.Join(w.asked(), "\n"), "autoconfig.firm.example")
}

// Without the operator's word no private address is contacted, whatever name leads there, and the environment names no proxy.
func TestExploreIsGuarded(t *testing.T) {
	w := newWorld(t)
	var connections atomic.Int32
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			_ = conn.Close()
		}
	}()
	defer func() { _ = listener.Close(); <-done }()
	t.Setenv("HTTPS_PROXY", "http://"+listener.Addr().String())
	t.Setenv("ALL_PROXY", "http://"+listener.Addr().String())

	w.a("firm.example", "autoconfig.firm.example", "autodiscover.firm.example", "imap.firm.example", "mail.firm.example", "smtp.firm.example", "ispdb.example")
	result, err := Explore(t.Context(), "ann@firm.example", &Options{Resolver: w.resolver, Roots: w.ca, ISPDB: "https://ispdb.example/"})
	require.NoError(t, err)
	require.Empty(t, result.Candidates)
	for _, source := range []Source{SourceAutoconfig, SourceWellKnown, SourceISPDB, SourceAutodiscover} {
		require.Equal(t, Refused, outcomes(result)[source], source)
	}
	require.Equal(t, Nothing, outcomes(result)[SourceGuess])

	// A list of ports without 443 asks nobody either.
	result, err = Explore(t.Context(), "ann@firm.example", &Options{
		Resolver: w.resolver, Roots: w.ca, Ports: []int{993}, ISPDB: "https://ispdb.example/",
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	require.NoError(t, err)
	require.Equal(t, Refused, outcomes(result)[SourceAutoconfig])
	require.Zero(t, connections.Load())
}

// A log has the domain and what happened, never who asked.
func TestLogHasNoLocalPart(t *testing.T) {
	w := newWorld(t)
	w.a("autoconfig.firm.example", "autodiscover.firm.example", "firm.example", "ispdb.example", "imap.firm.example")
	var out strings.Builder
	opts := w.options()
	opts.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	_, err := Explore(t.Context(), "secret.person@firm.example", opts)
	require.NoError(t, err)
	require.Contains(t, out.String(), "domain=firm.example source=autoconfig outcome=nothing")
	require.NotContains(t, out.String(), "secret")
}

func TestSRVIsJudged(t *testing.T) {
	for name, test := range map[string]struct {
		target  string
		port    uint16
		outcome Outcome
	}{
		"a port of others": {"imap.firm.example", 22, BadAnswer},
		"no port":          {"imap.firm.example", 0, BadAnswer},
		"a single label":   {"localhost", 993, BadAnswer},
		"an address":       {"127.0.0.1", 993, BadAnswer},
	} {
		w := newWorld(t)
		w.srv("_imaps._tcp.firm.example", test.target, test.port, 0, 0)
		result := w.explore("ann@firm.example")
		require.Empty(t, result.Candidates, name)
		require.Equal(t, test.outcome, outcomes(result)[SourceSRV], name)
	}
}

func TestAutodiscover(t *testing.T) {
	const path = "autodiscover.firm.example/autodiscover/autodiscover.xml"
	w := newWorld(t)
	w.handle(path, func(out http.ResponseWriter, in *http.Request) {
		question, _ := io.ReadAll(in.Body)
		if in.Method != http.MethodPost || in.Header.Get("Authorization") != "" || !strings.Contains(string(question), "<EMailAddress>a&amp;n@firm.example</EMailAddress>") {
			http.Error(out, "not the question", http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(out, strings.Replace(autodiscoverDocument("IMAP", "imap.firm.example", "993", "<SSL>on</SSL><LoginName>a&amp;n</LoginName>"),
			"</Account>", "<Protocol><Type>SMTP</Type><Server>smtp.firm.example</Server><Port>587</Port><Encryption>TLS</Encryption></Protocol></Account>", 1))
	})
	c := w.explore("a&n@firm.example").Candidates[0]
	require.Equal(t, SourceAutodiscover, c.Source)
	require.Equal(t, Low, c.Confidence)
	require.True(t, c.Confirm)
	require.Equal(t, Server{"imap.firm.example", 993, TLS, LoginLocalPart, "a&n"}, c.IMAP)
	require.Equal(t, Server{"smtp.firm.example", 587, StartTLS, LoginAddress, "a&n@firm.example"}, c.SMTP)

	w.handle(path, func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("WWW-Authenticate", "Negotiate")
		out.WriteHeader(http.StatusUnauthorized)
	})
	result := w.explore("ann@firm.example")
	require.Empty(t, result.Candidates)
	require.Equal(t, NeedsLogin, outcomes(result)[SourceAutodiscover])
}

func TestAutodiscoverSecurity(t *testing.T) {
	m, err := parseAddress("ann@firm.example")
	require.NoError(t, err)
	for rest, want := range map[string]Outcome{
		"":               Found,
		"<SSL>on</SSL>":  Found,
		"<SSL>off</SSL>": Insecure,
		"<SSL>off</SSL><Encryption>SSL</Encryption>":       Found,
		"<SSL>on</SSL><Encryption>None</Encryption>":       Insecure,
		"<Encryption>rot13</Encryption>":                   Insecure,
		"<LoginName>a\nb</LoginName><SSL>on</SSL>":         Nothing,
		"<Encryption>Auto</Encryption><SSL> Off </SSL>":    Found,
		"<Encryption>STARTTLS</Encryption><SSL>off</SSL> ": Found,
	} {
		f := parseAutodiscover([]byte(autodiscoverDocument("imap", "imap.firm.example", "143", rest)), m, func(int) bool { return true })
		require.Equal(t, want, f.outcome, rest)
		if want == Found {
			require.Equal(t, StartTLS, f.candidate.IMAP.Security, rest)
		}
	}
}

// A filter may receive the mail; the alias shows where the mailboxes are.
func TestAutodiscoverAliasOfMicrosoft(t *testing.T) {
	w := newWorld(t)
	w.mx("firm.example", "eu-smtp-inbound-1.filter.example")
	w.cname("autodiscover.firm.example", "autodiscover.outlook.com")
	c := w.explore("ann@firm.example").Candidates[0]
	require.Equal(t, SourceAutodiscover, c.Source)
	require.Equal(t, "outlook.office365.com", c.IMAP.Host)
	require.Equal(t, []Auth{{OAuth2, "microsoft"}}, c.Auth)
	require.True(t, c.Confirm)

	w = newWorld(t)
	w.cname("autodiscover.firm.example", "autodiscover.notoutlook.com")
	require.Empty(t, w.explore("ann@firm.example").Candidates)
}

func TestStartTLSRefuses(t *testing.T) {
	for name, lines := range map[string][]string{
		"another greeting": {"554 no\r\n"},
		"no STARTTLS":      {"220 hi\r\n", "250-mail\r\n250 SIZE\r\n"},
		"refused":          {"220 hi\r\n", "250-mail\r\n250 STARTTLS\r\n", "454 not now\r\n"},
		"injected":         {"220 hi\r\n", "250-mail\r\n250 STARTTLS\r\n", "220 go\r\n250 injected\r\n"},
		"endless":          {strings.Repeat("220-x\r\n", maxReply)},
		"short lines":      {"22\r\n"},
		"hangs up":         {"220 hi\r\n"},
	} {
		client, server := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer server.Close()
			buf := make([]byte, 512)
			for i, l := range lines {
				if i > 0 {
					if _, err := server.Read(buf); err != nil {
						return
					}
				}
				if _, err := io.WriteString(server, l); err != nil {
					return
				}
			}
		}()
		require.Error(t, startTLS(client), name)
		_ = client.Close()
		<-done
	}
}

func FuzzReadXML(f *testing.F) {
	f.Add([]byte(config(incoming("imap.firm.example", "993", "SSL", "%EMAILADDRESS%"), outgoing("smtp.firm.example", "465", "SSL", ""))))
	f.Add([]byte(autodiscoverDocument("IMAP", "imap.firm.example", "993", "<SSL>on</SSL>")))
	f.Add([]byte("<!DOCTYPE a [<!ENTITY b \"c\">]><clientConfig>&b;</clientConfig>"))
	f.Add([]byte("<html>"))
	m := mailbox{local: "ann", domain: "firm.example"}
	allowed := func(port int) bool { return port == 993 || port == 465 || port == 587 || port == 143 }
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, found := range []found{parseConfig(body, m, allowed), parseAutodiscover(body, m, allowed)} {
			if found.outcome != Found {
				require.Nil(t, found.candidate)
				continue
			}
			for _, s := range []Server{found.candidate.IMAP, found.candidate.SMTP} {
				if !s.Known() {
					continue
				}
				host, ok := normalHost(s.Host)
				require.True(t, ok)
				require.Equal(t, host, s.Host)
				require.True(t, allowed(s.Port))
				require.Contains(t, []Security{TLS, StartTLS}, s.Security)
				require.NotEmpty(t, s.Username)
				require.LessOrEqual(t, len(s.Username), maxLogin)
				require.NotContains(t, s.Username, "\n")
			}
		}
	})
}
