package api

import (
	"context"
	"time"

	"github.com/mailcrm/sdk/mailcrm"
)

// A Login is somebody's sign-in at a provider, without its secrets.
type Login struct {
	ID       string    `json:"id"`
	Agent    string    `json:"agent" doc:"who signed in"`
	Provider string    `json:"provider"`
	Subject  string    `json:"subject" doc:"as whom"`
	Scopes   []string  `json:"scopes" nullable:"false"`
	State    string    `json:"state" doc:"ok, or revoked: nothing works with it until the person signs in again"`
	Code     string    `json:"code,omitempty"`
	Detail   string    `json:"detail,omitempty" doc:"the provider's own words"`
	Sentence string    `json:"sentence,omitempty" doc:"what to do"`
	Since    time.Time `json:"since,omitzero"`
	Created  time.Time `json:"created,omitzero"`
}

func login(l mailcrm.Login) Login {
	return Login{l.ID, l.Agent, l.Provider, l.Subject, append([]string{}, l.Scopes...), l.State, l.Code, l.Detail, l.Sentence, utc(l.Since), utc(l.Created)}
}

// A LoginStart is where to send the person.
type LoginStart struct {
	URL     string    `json:"url" doc:"at the provider"`
	State   string    `json:"state" doc:"comes back with the browser"`
	Expires time.Time `json:"expires"`
}

func (r *resources) logins() {
	const tag = "logins"
	register(r, op{"GET /logins", "list-logins", "Sign-ins at providers: one's own, or all of them for an administrator", 200, tag, ""},
		func(ctx context.Context, in *struct{ Paging }) (*List[Login], error) {
			found, err := r.mail(ctx).Logins.List(ctx)
			if err != nil {
				return nil, err
			}
			return page(found, in.Paging, login)
		})
	register(r, op{"GET /logins/providers", "list-login-providers", "The providers that are configured", 200, tag, ""},
		func(ctx context.Context, in *struct{ Paging }) (*List[string], error) {
			found, err := r.mail(ctx).Logins.Providers(ctx)
			if err != nil {
				return nil, err
			}
			return page(found, in.Paging, func(name string) string { return name })
		})
	register(r, op{
		"POST /logins:begin", "begin-login", "Begin a sign-in", 200, tag,
		"Send the person's browser to the url; it comes back to redirect_url, which must be registered at the provider, with what POST /logins:complete takes.",
	}, func(ctx context.Context, in *struct {
		Body struct {
			Provider    string `json:"provider" required:"false" maxLength:"64" doc:"needed but for one that is renewed"`
			Hint        string `json:"hint" required:"false" maxLength:"320" doc:"the person's address"`
			RedirectURL string `json:"redirect_url" maxLength:"2048"`
			Login       string `json:"login" required:"false" maxLength:"64" doc:"the one that is renewed"`
		}
	},
	) (*struct{ Body LoginStart }, error) {
		b := in.Body
		start, err := r.mail(ctx).Logins.Begin(ctx, mailcrm.LoginInput{Provider: b.Provider, Hint: b.Hint, RedirectURL: b.RedirectURL, Login: b.Login})
		if err != nil {
			return nil, err
		}
		return &struct{ Body LoginStart }{LoginStart{start.URL, start.State, start.Expires.UTC()}}, nil
	})
	register(r, op{
		"POST /logins:complete", "complete-login", "End a sign-in with what the browser brought back", 200, tag, "It works once for each begin, and for the agent who began.",
	}, func(ctx context.Context, in *struct {
		Body struct {
			State            string `json:"state" maxLength:"1024"`
			Code             string `json:"code" required:"false" maxLength:"4096" writeOnly:"true"`
			Error            string `json:"error" required:"false" maxLength:"1024"`
			ErrorDescription string `json:"error_description" required:"false" maxLength:"4096"`
		}
	},
	) (*struct{ Body Login }, error) {
		b := in.Body
		made, err := r.mail(ctx).Logins.Complete(ctx, mailcrm.CompleteInput{State: b.State, Code: b.Code, Error: b.Error, ErrorDescription: b.ErrorDescription})
		if err != nil {
			return nil, err
		}
		return &struct{ Body Login }{login(*made)}, nil
	})
	register(r, op{"DELETE /logins/{login}", "delete-login", "Forget a sign-in, and tell the provider", 204, tag, "409 while accounts use it."},
		func(ctx context.Context, in *struct {
			Login string `path:"login" maxLength:"64"`
		},
		) (*None, error) {
			return nil, r.mail(ctx).Logins.Delete(ctx, in.Login)
		})
}
