package store

import (
	"encoding/json"
	"fmt"
)

// What is never asked for by its parts is kept as JSON, so that fields can be added without a migration. Our own types always marshal.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("store: %T does not marshal: %v", v, err)) // a defect of this package
	}
	return string(b)
}

// fromJSON reads what asJSON wrote; v is a pointer.
func fromJSON(text string, v any) error {
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("a row of the data base holds damaged JSON: %w", err)
	}
	return nil
}
