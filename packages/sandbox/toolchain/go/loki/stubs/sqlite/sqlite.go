// Package sqlite stands in for zombiezen's: Loki keeps delete requests in boltdb unless told otherwise.
package sqlite

import "errors"

var ErrAbsent = errors.New("sqlite is not built into the sandbox's Loki")

type OpenFlags uint

const (
	OpenReadWrite OpenFlags = 1 << iota
	OpenCreate
)

type Conn struct{}

func OpenConn(string, ...OpenFlags) (*Conn, error) { return nil, ErrAbsent }

func (*Conn) Close() error { return nil }
func (*Conn) Changes() int { return 0 }

type Stmt struct{}

func (*Stmt) ColumnInt(int) int     { return 0 }
func (*Stmt) GetText(string) string { return "" }
func (*Stmt) GetInt64(string) int64 { return 0 }

type Backup struct{}

func NewBackup(*Conn, string, *Conn, string) (*Backup, error) { return nil, ErrAbsent }

func (*Backup) Step(int) (bool, error) { return false, ErrAbsent }
func (*Backup) Close() error           { return nil }
