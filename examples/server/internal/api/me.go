package api

import "context"

// Me is whoever asks.
type Me struct {
	Agent   string `json:"agent"`
	Name    string `json:"name"`
	Address string `json:"address,omitempty"`
	Admin   bool   `json:"admin"`
	Locale  string `json:"locale"`
	Zone    string `json:"zone"`
}

func (r *resources) me() {
	register(r, op{"GET /me", "get-me", "Who asks", 200, "me", ""}, func(ctx context.Context, _ *struct{}) (*struct{ Body Me }, error) {
		a := actor(ctx)
		person, _ := r.cfg.People.Person(a.Agent)
		return &struct{ Body Me }{Me{Agent: a.Agent, Name: r.cfg.People.Name(a.Agent), Address: person.Address, Admin: a.Admin, Locale: a.Locale, Zone: a.Zone}}, nil
	})
}
