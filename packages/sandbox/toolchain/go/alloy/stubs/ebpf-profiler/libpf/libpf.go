// Package libpf declares the few names that the unused profiling code needs to compile.
package libpf

// Name is a file name.
type Name string

func (n Name) String() string { return string(n) }

type FileID struct{ hi, lo uint64 }

func (f FileID) Hash32() uint32         { return uint32(f.lo) }
func (f FileID) StringNoQuotes() string { return "" }
func (f FileID) Base64() string         { return "" }
func (f FileID) String() string         { return "" }

type FrameMappingFileData struct {
	FileID     FileID
	FileName   Name
	GnuBuildID string
}
