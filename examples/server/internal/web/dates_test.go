package web

import (
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDatesAsPeopleSayThem(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	require.NoError(t, err)
	now := time.Date(2026, 11, 24, 16, 30, 0, 0, paris) // a Tuesday
	for _, c := range []struct {
		at     time.Time
		en, fr string
	}{
		{now.Add(-2 * time.Hour), "14:30", "14:30"},
		{time.Date(2026, 11, 23, 14, 5, 0, 0, paris), "yesterday 14:05", "hier 14:05"},
		{time.Date(2026, 11, 25, 9, 0, 0, 0, paris), "tomorrow 09:00", "demain 09:00"},
		{time.Date(2026, 11, 20, 19, 31, 0, 0, paris), "Friday 19:31", "vendredi 19:31"},
		{time.Date(2026, 11, 17, 19, 31, 0, 0, paris), "17 Nov", "17 nov."},
		{time.Date(2025, 8, 3, 1, 0, 0, 0, paris), "3 Aug 2025", "3 août 2025"},
		// Half past eleven at night in UTC is the next day in Paris.
		{time.Date(2026, 11, 23, 23, 30, 0, 0, time.UTC), "00:30", "00:30"},
		// The night in which the clocks go back has 25 hours.
		{time.Date(2026, 10, 25, 2, 30, 0, 0, paris), "25 Oct", "25 oct."},
	} {
		require.Equal(t, c.en, clock{now: now, zone: paris, lang: english}.short(c.at))
		require.Equal(t, c.fr, clock{now: now, zone: paris, lang: french}.short(c.at))
	}
	after := clock{now: time.Date(2026, 10, 26, 0, 10, 0, 0, paris), zone: paris, lang: french}
	require.Equal(t, "hier 00:10", after.short(time.Date(2026, 10, 25, 0, 10, 0, 0, paris)))
	c := clock{now: now, zone: paris, lang: french}
	require.Equal(t, "lundi 23 novembre 2026 à 14:05", c.full(time.Date(2026, 11, 23, 14, 5, 0, 0, paris)))
	c.lang = english
	require.Equal(t, "Monday, 23 November 2026, 14:05", c.full(time.Date(2026, 11, 23, 14, 5, 0, 0, paris)))
	require.True(t, c.moment(time.Time{}).IsZero())
}

func TestNumbersSizesAndAmounts(t *testing.T) {
	require.Equal(t, "1,234,567", english.number(1234567))
	require.Equal(t, "1\u202f234", french.number(1234))
	require.Equal(t, "-12", french.number(-12))
	require.Equal(t, "640\u00a0o", french.size(640))
	require.Equal(t, "12\u00a0ko", french.size(12_100))
	require.Equal(t, "3,4\u00a0Mo", french.size(3_400_000))
	require.Equal(t, "34\u00a0MB", english.size(34_000_000))
	require.Equal(t, "0\u00a0B", english.size(-1))
	for _, c := range []struct {
		n        *big.Rat
		currency string
		en, fr   string
	}{
		{big.NewRat(86_400_00, 100), "EUR", "€86,400.00", "86\u202f400,00\u00a0€"},
		{big.NewRat(-5, 2), "GBP", "-£2.50", "-2,50\u00a0£"},
		{big.NewRat(7, 1), "CHF", "7.00\u00a0CHF", "7,00\u00a0CHF"},
		{big.NewRat(12, 1), "", "12", "12"},
		{big.NewRat(-1, 4), "", "-0.25", "-0,25"},
	} {
		require.Equal(t, c.en, english.decimal(c.n, c.currency))
		require.Equal(t, c.fr, french.decimal(c.n, c.currency))
	}
}

func TestCounting(t *testing.T) {
	require.Equal(t, "0 mails", english.count("list.count", 0))
	require.Equal(t, "1 mail", english.count("list.count", 1))
	require.Equal(t, "0 message", french.count("list.count", 0))
	require.Equal(t, "1 message", french.count("list.count", 1))
	require.Equal(t, "2 messages", french.count("list.count", 2))
	require.Equal(t, "nothing.like.this", french.say("nothing.like.this"))
}
