package linker

import (
	"strings"

	"github.com/mailcrm/sdk/linker/address"
)

// insiders are those who never link, ready to be found: the tenant's own addresses, its agents, and everybody in its own domains.
type insiders struct {
	own        map[string]bool
	colleagues map[string]bool
	domains    map[string]bool
}

func newInsiders(m *Message) *insiders {
	i := &insiders{own: normalSet(m.Own), colleagues: normalSet(m.Colleagues), domains: make(map[string]bool)}
	for _, domain := range m.OwnDomains {
		// Who reads his mail at gmail.com is not the colleague of everybody there. A subdomain is a domain of its own.
		if normal := normalDomain(domain); normal != "" && !publicDomains[normal] {
			i.domains[normal] = true
		}
	}
	return i
}

func normalSet(addresses []string) map[string]bool {
	set := make(map[string]bool, len(addresses))
	for _, written := range addresses {
		if normal := Normalize(written); normal != "" {
			set[normal] = true
		}
	}
	return set
}

func normalDomain(domain string) string {
	return address.Domain(strings.TrimPrefix(strings.TrimSpace(domain), "@"))
}

// shares reports whether two messages name the same insiders, by the same slices.
func (m *Message) shares(other *Message) bool {
	return same(m.Own, other.Own) && same(m.Colleagues, other.Colleagues) && same(m.OwnDomains, other.OwnDomains)
}

func same(a, b []string) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// insider is [Own] or [Colleague] for the normalised address of somebody who never links, and the domain that made him a colleague.
func (m *Message) insider(normal string) (outcome Outcome, domain string) {
	i := m.insiders
	if i == nil {
		i = newInsiders(m)
	}
	if normal == "" {
		return "", ""
	}
	domain = normal[strings.LastIndexByte(normal, '@')+1:]
	switch {
	case i.own[normal]:
		return Own, ""
	case i.domains[domain]:
		return Colleague, domain
	case i.colleagues[normal]:
		return Colleague, ""
	}
	return "", ""
}

// PublicDomain reports whether a domain is one of the large providers, where neighbours have nothing in common.
func PublicDomain(domain string) bool { return publicDomains[normalDomain(domain)] }

// publicDomains are providers that give addresses to anybody. The list holds those that make up nearly all private mail in Europe and America;
// missing one costs nothing unless somebody names it as his own domain.
var publicDomains = func() map[string]bool {
	set := make(map[string]bool)
	for domain := range strings.FieldsSeq(`
		gmail.com googlemail.com outlook.com outlook.fr outlook.de outlook.es outlook.it hotmail.com hotmail.fr hotmail.co.uk hotmail.de hotmail.es hotmail.it
		live.com live.fr live.co.uk live.nl live.be live.it msn.com windowslive.com passport.com yahoo.com yahoo.fr yahoo.co.uk yahoo.de yahoo.es yahoo.it yahoo.ca
		yahoo.co.in yahoo.com.br yahoo.co.jp ymail.com rocketmail.com aol.com aol.fr aim.com icloud.com me.com mac.com proton.me protonmail.com protonmail.ch pm.me
		tutanota.com tuta.com tuta.io gmx.com gmx.de gmx.net gmx.at gmx.ch gmx.fr web.de freenet.de t-online.de arcor.de mail.com email.com mailbox.org posteo.de
		posteo.net fastmail.com fastmail.fm hey.com zoho.com yandex.com yandex.ru mail.ru bk.ru list.ru inbox.ru rambler.ru qq.com 163.com 126.com sina.com
		orange.fr wanadoo.fr free.fr aliceadsl.fr sfr.fr neuf.fr cegetel.net club-internet.fr numericable.fr noos.fr laposte.net bbox.fr voila.fr
		libero.it virgilio.it tin.it alice.it tiscali.it telenet.be skynet.be proximus.be scarlet.be bluewin.ch hispeed.ch sunrise.ch ziggo.nl kpnmail.nl planet.nl
		hetnet.nl xs4all.nl chello.nl home.nl telefonica.net terra.es ono.com sapo.pt wp.pl o2.pl onet.pl interia.pl seznam.cz centrum.cz email.cz azet.sk
		btinternet.com sky.com talktalk.net virginmedia.com ntlworld.com blueyonder.co.uk comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net
		charter.net earthlink.net shaw.ca rogers.com sympatico.ca videotron.ca telus.net bigpond.com optusnet.com.au xtra.co.nz uol.com.br bol.com.br terra.com.br`) {
		set[domain] = true
	}
	return set
}()
