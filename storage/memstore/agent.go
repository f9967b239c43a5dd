package memstore

import (
	"slices"

	"github.com/mailcrm/sdk/storage"
)

// An Agent is a user of the CRM. mailcrm keeps none; the demo's login page and the owner fields of templates read them here.
type Agent struct {
	ID      string
	Name    string
	Address string
	Admin   bool
	Locale  string // BCP 47; empty: "en"
}

// Actor is the agent as mailcrm meets him.
func (a Agent) Actor(tenant storage.Tenant) storage.Actor {
	return storage.Actor{Tenant: tenant, Agent: a.ID, Admin: a.Admin, Locale: a.Locale}
}

// AddAgents adds agents to a tenant, or replaces those of the same ID.
func (c *CRM) AddAgents(tenant storage.Tenant, agents ...Agent) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.world(tenant)
	for _, agent := range agents {
		if i := slices.IndexFunc(w.agents, func(a Agent) bool { return a.ID == agent.ID }); i >= 0 {
			w.agents[i] = agent
			continue
		}
		w.agents = append(w.agents, agent)
	}
}

// Agents is every agent of a tenant, in the order in which they were added.
func (c *CRM) Agents(tenant storage.Tenant) []Agent {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Clone(c.peek(tenant).agents)
}

func (w *world) agent(id string) Agent {
	for _, agent := range w.agents {
		if agent.ID == id {
			return agent
		}
	}
	return Agent{ID: id, Name: id}
}
