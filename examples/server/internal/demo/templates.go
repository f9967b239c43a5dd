package demo

import (
	"context"
	"fmt"

	"github.com/mailcrm/sdk/mailcrm"
	"github.com/mailcrm/sdk/storage"
)

// addTemplates saves the templates, in the name of an agent.
func (d *Demo) addTemplates(ctx context.Context, agent string) error {
	session := d.Client.As(storage.Actor{Agent: agent, Locale: "fr", Zone: zone})
	for _, t := range letters {
		if _, problems, err := session.Templates.Save(ctx, t); err != nil {
			return fmt.Errorf("template %q: %v: %w", t.Name, problems, err)
		}
	}
	return nil
}

// letters are the templates of Atelier Nordik.
var letters = []mailcrm.Template{
	{
		Name: "Réponse", Page: "reply", Language: "fr", Kind: storage.KindContact, Default: true,
		HTML: `<p>Bonjour {{ contact.first_name | default: contact.name }},</p>
<p>merci pour votre message.</p>
<p></p>
<p>Bien cordialement,</p>`,
	},
	{
		Name: "Reply", Page: "reply", Language: "en", Kind: storage.KindContact, Default: true,
		HTML: `<p>Dear {{ contact.first_name | default: contact.name }},</p>
<p>thank you for your message.</p>
<p></p>
<p>Kind regards,</p>`,
	},
	{
		Name: "Prise de contact", Page: "contact", Language: "fr", Kind: storage.KindContact, Default: true,
		Subject: "Votre projet avec Atelier Nordik",
		HTML: `<p>Bonjour {{ contact.first_name | default: contact.name }},</p>
<p>{% if contact.account %}je pense aux aménagements de {{ contact.account.name }}. {% endif %}Quand puis-je vous appeler{% if contact.phone %} au {{ contact.phone }}{% endif %} ?</p>
<p>Bien cordialement,</p>`,
	},
	{
		Name: "First contact", Page: "contact", Language: "en", Kind: storage.KindContact, Default: true,
		Subject: "Your project with Atelier Nordik",
		HTML: `<p>Dear {{ contact.first_name | default: contact.name }},</p>
<p>{% if contact.account %}I have been thinking about the rooms of {{ contact.account.name }}. {% endif %}When may I call you{% if contact.phone %} on {{ contact.phone }}{% endif %}?</p>
<p>Kind regards,</p>`,
	},
	{
		Name: "Relance de devis", Page: "deal", Language: "fr", Kind: storage.KindDeal, Default: true,
		Subject: "Notre devis « {{ deal.name }} »",
		HTML: `<p>Bonjour{% if deal.contact %} {{ deal.contact.first_name }}{% endif %},</p>
<p>avez-vous pu lire notre devis « {{ deal.name }} » d'un montant de <strong>{{ deal.amount }}</strong> hors taxes ? Je reste à votre disposition pour l'ajuster.</p>
<p>Bien cordialement,</p>`,
	},
	{
		Name: "Quote reminder", Page: "deal", Language: "en", Kind: storage.KindDeal, Default: true,
		Subject: "Our quote for {{ deal.name }}",
		HTML: `<p>Dear{% if deal.contact %} {{ deal.contact.first_name }}{% endif %},</p>
<p>have you had time to read our quote for {{ deal.name }}, <strong>{{ deal.amount }}</strong> before tax? I am happy to adapt it.</p>
<p>Kind regards,</p>`,
	},
	{
		Name: "Envoi de documents", Language: "fr", Kind: storage.KindAccount,
		Subject: "Documents pour {{ account.name }}",
		HTML: `<p>Bonjour,</p>
<p>vous trouverez ci-joint les documents pour {{ account.name }}{% if account.city %}, {{ account.city }}{% endif %}.</p>
<p>Bien cordialement,</p>`,
	},
}
