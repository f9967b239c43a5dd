package storagetest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/mailcrm/sdk/storage/storagetest"
)

// A command that holds a driver to the contract, without package testing.
func ExampleCheck_Run() {
	harness := storagetest.Harness{New: func(context.Context) (storagetest.Subject, error) {
		return storagetest.Subject{ /* the driver, and how to fill it */ }, nil
	}}
	passed, failed, skipped := 0, 0, 0
	for _, check := range storagetest.Checks() {
		switch err := check.Run(context.Background(), harness); {
		case errors.Is(err, storagetest.ErrNotOffered):
			skipped++
		case err != nil:
			failed++
			fmt.Printf("%s: %s\n%v\n", check.Power, check.Says, err)
		default:
			passed++
		}
	}
	fmt.Println(passed, "passed,", failed, "failed,", skipped == len(storagetest.Checks()))
	// Output: 0 passed, 0 failed, true
}
