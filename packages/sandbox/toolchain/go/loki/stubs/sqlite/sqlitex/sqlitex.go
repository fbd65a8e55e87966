package sqlitex

import (
	"context"

	"zombiezen.com/go/sqlite"
)

type PoolOptions struct{}

type Pool struct{}

func NewPool(string, PoolOptions) (*Pool, error) { return nil, sqlite.ErrAbsent }

func (*Pool) Close() error                               { return nil }
func (*Pool) Take(context.Context) (*sqlite.Conn, error) { return nil, sqlite.ErrAbsent }
func (*Pool) Put(*sqlite.Conn)                           {}

type ExecOptions struct {
	Args       []any
	Named      map[string]any
	ResultFunc func(*sqlite.Stmt) error
}

func Execute(*sqlite.Conn, string, *ExecOptions) error { return sqlite.ErrAbsent }

func Transaction(*sqlite.Conn) func(*error) { return func(*error) {} }
