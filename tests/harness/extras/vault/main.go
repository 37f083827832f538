// vaultserver FOLDER: a Vault of one process, for tests: HashiCorp's core, its
// HTTP handler and its Transit engine, in memory and unsealed, behind TLS.
//
// FOLDER has server.pem and server.key. It gets "root" (the root token) and
// "address" (HOST:PORT), the last when all is ready.
package main

import (
	"context"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"

	hclog "github.com/hashicorp/go-hclog"
	"github.com/hashicorp/vault/builtin/logical/transit"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/logical"
	"github.com/hashicorp/vault/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

func newCore() (*vault.Core, error) {
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Error})
	store, err := inmem.NewInmem(nil, logger)
	if err != nil {
		return nil, err
	}
	return vault.NewCore(&vault.CoreConfig{
		Physical:        store,
		LogicalBackends: map[string]logical.Factory{"transit": transit.Factory},
		DisableMlock:    true,
		Logger:          logger,
	})
}

// unseal initializes the core and opens it, and returns its root token.
func unseal(core *vault.Core) (string, error) {
	made, err := core.Initialize(context.Background(), &vault.InitParams{
		BarrierConfig:  &vault.SealConfig{SecretShares: 1, SecretThreshold: 1},
		RecoveryConfig: &vault.SealConfig{},
	})
	if err != nil {
		return "", err
	}
	_, err = core.Unseal(made.SecretShares[0])
	return made.RootToken, err
}

func write(folder, name, text string) {
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path+".new", []byte(text+"\n"), 0o600); err != nil {
		log.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		log.Fatal(err)
	}
}

func main() {
	folder := os.Args[1]
	core, err := newCore()
	if err != nil {
		log.Fatal(err)
	}
	token, err := unseal(core)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	write(folder, "root", token)
	write(folder, "address", listener.Addr().String())
	server := http.Server{Handler: vaulthttp.Handler(
		&vault.HandlerProperties{Core: core, MaxRequestSize: vaulthttp.DefaultMaxRequestSize})}
	log.Fatal(server.ServeTLS(listener, filepath.Join(folder, "server.pem"),
		filepath.Join(folder, "server.key")))
}
