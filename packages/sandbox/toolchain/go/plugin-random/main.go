// Command pulumi-resource-random bridges the random provider of Terraform as the official plugin of that name does. Its
// mapping is ours, and covers what the SDK package has as resources.
//
// The schema lies beside the program: `pulumi-resource-random schema` prints it, which takes the provider's documents.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"

	"github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// That of the SDK package whose resources are mapped.
const version = "4.21.2"

func main() {
	ctx := context.Background()
	if len(os.Args) == 2 && os.Args[1] == "schema" {
		if err := printSchema(ctx); err != nil {
			log.Fatal(err)
		}
		return
	}
	program, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	schema, err := os.ReadFile(filepath.Join(filepath.Dir(program), "schema.json"))
	if err != nil {
		log.Fatal(err)
	}
	pf.Main(ctx, "random", mapping(), pf.ProviderMetadata{PackageSchema: schema})
}

func printSchema(ctx context.Context) error {
	// What it says of documents that it does not find would stand between the schema's lines.
	sink := diag.DefaultSink(io.Discard, os.Stderr, diag.FormatOptions{Color: colors.Never})
	generated, err := tfgen.GenerateSchema(ctx, tfgen.GenerateSchemaOptions{
		ProviderInfo:    mapping(),
		DiagnosticsSink: sink,
		XInMemoryDocs:   true,
	})
	if err != nil {
		return err
	}
	_, err = fmt.Printf("%s\n", generated.ProviderMetadata.PackageSchema)
	return err
}

// mapping names the resources as the SDK package does: random_password is RandomPassword.
func mapping() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:                pf.ShimProvider(provider.New()),
		Name:             "random",
		Version:          version,
		UpstreamRepoPath: os.Getenv("RANDOM_PROVIDER"),
		MetadataInfo:     tfbridge.NewProviderMetadata([]byte("{}")),
	}
	info.MustComputeTokens(tokens.SingleModule("random_", "index", func(_, name string) (string, error) {
		return fmt.Sprintf("random:index/random%s:Random%s", name, name), nil
	}))
	return info
}
