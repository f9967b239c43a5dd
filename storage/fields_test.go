package storage_test

import (
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/mailcrm/sdk/storage"
)

func TestValues(t *testing.T) {
	price := big.NewRat(123450, 100)
	moment := time.Date(2026, time.March, 1, 10, 30, 0, 0, time.UTC)
	for _, test := range []struct {
		name  string
		value storage.Value
		want  storage.Value
	}{
		{"nothing", storage.Value{}, storage.Value{Type: storage.ValueEmpty}},
		{"text", storage.Text("Élodie"), storage.Value{Type: storage.ValueText, Text: "Élodie"}},
		{"bool", storage.Bool(true), storage.Value{Type: storage.ValueBool, Bool: true}},
		{"int", storage.Int(-3), storage.Value{Type: storage.ValueInt, Int: -3}},
		{"decimal", storage.Decimal(price), storage.Value{Type: storage.ValueDecimal, Decimal: price}},
		{"money", storage.Money(price, "EUR"), storage.Value{Type: storage.ValueMoney, Decimal: price, Currency: "EUR"}},
		{"date", storage.Date(2026, time.March, 1), storage.Value{Type: storage.ValueDate, Time: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}},
		{"instant", storage.Instant(moment), storage.Value{Type: storage.ValueInstant, Time: moment}},
		{"list", storage.List(storage.Int(1), storage.Int(2)), storage.Value{Type: storage.ValueList, List: []storage.Value{storage.Int(1), storage.Int(2)}}},
		{"record", storage.Record(map[string]storage.Value{"a": storage.Int(1)}), storage.Value{Type: storage.ValueRecord, Record: map[string]storage.Value{"a": storage.Int(1)}}},
	} {
		t.Run(test.name, func(t *testing.T) { require.Equal(t, test.want, test.value) })
	}
}
