package engine

import "net/url"

// The pragmas of every connection. A reader waits as long as a writer.
const sqlitePragmas = "_pragma=busy_timeout(10000)&_pragma=foreign_keys(0)&_pragma=temp_store(memory)&_pragma=cache_size(-16384)"

// WriteDSN is the data source name, for the driver "sqlite", of the one writing connection to the file at path. A commit is on the disk when it
// returns (synchronous=FULL, law 10).
func WriteDSN(path string) string {
	return "file:" + escape(path) + "?_txlock=immediate&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=journal_size_limit(67108864)&" + sqlitePragmas
}

// ReadDSN is the data source name of the reading connections to the file at path. They cannot write.
func ReadDSN(path string) string {
	return "file:" + escape(path) + "?_pragma=query_only(1)&" + sqlitePragmas
}

// escape keeps a path from ending at a "?" or "#" in its middle.
func escape(path string) string {
	return (&url.URL{Path: path}).EscapedPath()
}
