#include <pthread.h>
#include <signal.h>

#include <cerrno>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/app/commands.h"
#include "cli/app/rules_option.h"
#include "cli/app/session.h"
#include "cli/report/html_page.h"
#include "cli/serve/access.h"
#include "cli/serve/http_server.h"
#include "cli/serve/site.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

struct Options {
  uint16_t port = 0;
  std::string address = "127.0.0.1";
  bool token = false;
  std::string against;
  std::string rules;
};

// While it lives, SIGINT and SIGTERM end no thread of this process but wait to
// be asked for. Threads that are made in the meantime inherit that.
class HeldSignals {
 public:
  HeldSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  }
  ~HeldSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

  // True: there is one. Waits a tenth of a second for it.
  bool Wait() {
    timespec tenth{};
    tenth.tv_nsec = 100'000'000;
    return sigtimedwait(&signals_, nullptr, &tenth) > 0;
  }

 private:
  sigset_t signals_{};
  sigset_t before_{};
};

// Adds the headers of every response.
void AddHeaders(HttpResponse* response) {
  const std::pair<const char*, std::string> headers[] = {
      {"Content-Security-Policy",
       ContentSecurityPolicy(/*served=*/true) + "; frame-ancestors 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cache-Control", "no-store"}};
  for (const auto& [name, value] : headers) {
    response->headers.emplace_back(name, value);
  }
}

absl::Status Run(const Options& options, Session& session) {
  RETURN_IF_ERROR(UseRules(options.rules));
  const absl::StatusOr<bool> loopback = IsLoopback(options.address);
  if (!loopback.ok()) {
    return UsageError(
        absl::StrCat("serve: ", std::string(loopback.status().message())));
  }
  if (!*loopback && !options.token) {
    return UsageError(absl::StrCat(
        "serve: ", options.address,
        " can be reached from other machines, and a heap holds passwords: add "
        "--token, or leave --bind out and use ssh -L"));
  }
  std::string token;
  if (options.token) {
    ASSIGN_OR_RETURN(token, Access::NewToken());
  }
  Site::Options site_options;
  site_options.db = session.options().db;
  site_options.older = options.against;
  // Opened here for the warnings; each thread of the site opens its own.
  RETURN_IF_ERROR(session.OpenDb().status());
  if (!options.against.empty()) {
    RETURN_IF_ERROR(
        session.OpenDb(options.against, Session::Reads::kLittle).status());
  }
  HeldSignals signals;
  ASSIGN_OR_RETURN(const std::unique_ptr<Site> site, Site::Open(site_options));
  const Access access(token, *loopback);
  HttpServer::Options server_options;
  server_options.address = options.address;
  server_options.port = options.port;
  server_options.threads = static_cast<unsigned>(site_options.threads);
  ASSIGN_OR_RETURN(
      const std::unique_ptr<HttpServer> server,
      HttpServer::Start(server_options, [&](const HttpRequest& request) {
        std::optional<HttpResponse> refusal = access.Refuse(request);
        HttpResponse response =
            refusal ? *std::move(refusal) : site->Answer(request);
        AddHeaders(&response);
        return response;
      }));
  const bool v6 = options.address.find(':') != std::string::npos;
  session.out() << "http://" << (v6 ? "[" : "") << options.address
                << (v6 ? "]" : "") << ":" << server->port() << "/"
                << (token.empty() ? "" : absl::StrCat("?token=", token))
                << '\n';
  session.Note("Open it in a browser; Ctrl-C ends it");
  session.out().flush();
  while (!signals.Wait()) server->CloseSlow();
  site->Stop();
  return absl::OkStatus();
}

}  // namespace

void AddServe(CommandBuilder* app, Action* chosen) {
  CommandBuilder* const command = app->AddCommand(
      "serve", "The report with a page for every object, in a browser");
  const auto options = std::make_shared<Options>();
  command
      ->AddOption("--port", &options->port, "To listen on; 0: any that is free")
      ->ValueName("N")
      ->ShowDefault();
  command
      ->AddOption("--bind", &options->address,
                  "IP address to listen on; one that others can reach needs "
                  "--token")
      ->ValueName("ADDRESS")
      ->ShowDefault();
  command->AddFlag("--token", &options->token,
                   "Answer only those who have the address that is printed, "
                   "with a secret in it");
  command
      ->AddOption("--against", &options->against,
                  "An older heap.db of the same process: shows what grew")
      ->ValueName("OLD.db");
  AddRulesOption(command, &options->rules);
  command->WhenGiven([options, chosen] {
    *chosen = [options](Session& session) { return Run(*options, session); };
  });
}

}  // namespace heapq
