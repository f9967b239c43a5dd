package mailcrm

import (
	"time"

	"github.com/mailcrm/sdk/mailcrm/internal/store"
	"github.com/mailcrm/sdk/storage"
)

// nightly validates when a policy runs. One that is off keeps its hour, for when it is switched on again.
func (a *Accounts) nightly(field string, in Nightly) (store.Nightly, error) {
	switch {
	case in.Hour < 0 || in.Hour > 23:
		return store.Nightly{}, storage.Invalid(field+".Hour", "out_of_range", "an hour is a number between 0 and 23")
	case in.Minute < 0 || in.Minute > 59:
		return store.Nightly{}, storage.Invalid(field+".Minute", "out_of_range", "a minute is a number between 0 and 59")
	}
	if in.Zone == "" && in.On {
		in.Zone = "UTC"
		if zone := a.s.actor.Zone; zone != "" && knownZone(zone) {
			in.Zone = zone
		}
	}
	if in.Zone != "" && !knownZone(in.Zone) {
		return store.Nightly{}, storage.Invalid(field+".Zone", "unknown", "name a time zone as the IANA does, like Europe/Paris")
	}
	return store.Nightly(in), nil
}

// knownZone: "Local" is the zone of a machine, which may be another one tomorrow.
func knownZone(name string) bool {
	if len(name) > 64 || name == "Local" {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}
