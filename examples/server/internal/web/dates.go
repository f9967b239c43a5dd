package web

import (
	"strconv"
	"time"
)

// A clock writes moments as seen from now: "14:05", "hier 14:05", "lundi 14:05", "3 nov.", "3 nov. 2025".
type clock struct {
	now  time.Time
	zone *time.Location
	lang language
}

// A moment is a date as a page shows it: the short form, and the whole one for a title and for machines.
type moment struct {
	Short   string
	Full    string
	Machine string // RFC 3339
}

func (m moment) IsZero() bool { return m.Machine == "" }

func (c clock) moment(t time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	return moment{Short: c.short(t), Full: c.full(t), Machine: t.In(c.zone).Format(time.RFC3339)}
}

// short is the form of lists.
func (c clock) short(t time.Time) string {
	t = t.In(c.zone)
	at := t.Format("15:04")
	switch days := c.daysAgo(t); {
	case days == 0:
		return at
	case days == 1:
		return c.lang.say("date.yesterday", at)
	case days == -1:
		return c.lang.say("date.tomorrow", at)
	case days > 1 && days < 7:
		return c.lang.say("date.weekday", c.lang.say("weekday."+strconv.Itoa(int(t.Weekday()))), at)
	case t.Year() == c.now.Year():
		return c.lang.say("date.day", t.Day(), c.month(t))
	default:
		return c.lang.say("date.day_year", t.Day(), c.month(t), t.Year())
	}
}

// full is the form of titles and of an open mail.
func (c clock) full(t time.Time) string {
	t = t.In(c.zone)
	return c.lang.say("date.full", c.lang.say("weekday."+strconv.Itoa(int(t.Weekday()))), t.Day(), c.lang.say("month.long."+strconv.Itoa(int(t.Month()))), t.Year(), t.Format("15:04"))
}

func (c clock) month(t time.Time) string { return c.lang.say("month." + strconv.Itoa(int(t.Month()))) }

// daysAgo counts midnights between t and now: 0 today, 1 yesterday, -1 tomorrow.
func (c clock) daysAgo(t time.Time) int {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(day(c.now.In(c.zone)).Sub(day(t.In(c.zone))) / (24 * time.Hour))
}

func monthKey(t time.Time) string { return strconv.Itoa(int(t.Month())) }
