#include "cli/serve/http_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "indexer/base/status_macros.h"

namespace heapq {
namespace {

using Clock = std::chrono::steady_clock;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

absl::StatusOr<SocketAddress> ParseAddress(const std::string& text,
                                           uint16_t port) {
  SocketAddress address;
  auto* const v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.size = sizeof(sockaddr_in);
    return address;
  }
  auto* const v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.size = sizeof(sockaddr_in6);
    return address;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", text, "\" is not an IP address; 127.0.0.1 is this machine's own"));
}

// Closed when it goes, unless it was released.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

absl::Status SocketError(const HttpServer::Options& options) {
  return absl::UnavailableError(
      absl::StrCat("can't listen on ", options.address, " port ", options.port,
                   ": ", std::generic_category().message(errno),
                   "; --port 0 takes any that is free"));
}

// A client, from its connecting on.
struct Client {
  int fd = -1;
  enum State {
    kAsking,         // has to send a request, or the rest of one
    kBeingAnswered,  // our own time, not the client's
    kTaking,         // has to read the answer
  };
  State state = kAsking;
  Clock::time_point since;  // when the state began

  // It has sent what the daemon has not read yet.
  bool HasSent() const {
    int bytes = 0;
    return ioctl(fd, FIONREAD, &bytes) != 0 || bytes > 0;
  }
};

constexpr std::chrono::milliseconds kPatienceInCrowd[] = {
    std::chrono::milliseconds(250), std::chrono::milliseconds(0),
    std::chrono::milliseconds(5000)};  // by state

class MicroHttpd : public HttpServer {
 public:
  MicroHttpd(const Options& options, Handler handler)
      : options_(options), handler_(std::move(handler)) {}

  ~MicroHttpd() override {
    if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
  }
  MicroHttpd(const MicroHttpd&) = delete;
  MicroHttpd& operator=(const MicroHttpd&) = delete;

  absl::Status Listen() {
    ASSIGN_OR_RETURN(SocketAddress address,
                     ParseAddress(options_.address, options_.port));
    auto* const bare = reinterpret_cast<sockaddr*>(&address.storage);
    Socket listening(socket(bare->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    if (listening.get() < 0 ||
        setsockopt(listening.get(), SOL_SOCKET, SO_REUSEADDR, &on,
                   sizeof(on)) != 0 ||
        bind(listening.get(), bare, address.size) != 0 ||
        listen(listening.get(), SOMAXCONN) != 0 ||
        getsockname(listening.get(), bare, &address.size) != 0) {
      return SocketError(options_);
    }
    port_ = ntohs(bare->sa_family == AF_INET
                      ? reinterpret_cast<sockaddr_in*>(bare)->sin_port
                      : reinterpret_cast<sockaddr_in6*>(bare)->sin6_port);
    daemon_ = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_AUTO, 0, nullptr, nullptr,
        &MicroHttpd::OnRequest, this, MHD_OPTION_LISTEN_SOCKET, listening.get(),
        MHD_OPTION_THREAD_POOL_SIZE, options_.threads,
        MHD_OPTION_CONNECTION_LIMIT, options_.connections,
        MHD_OPTION_CONNECTION_TIMEOUT, options_.idle_seconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, size_t{options_.head_bytes},
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION,
        &MicroHttpd::OnConnection, this, MHD_OPTION_NOTIFY_COMPLETED,
        &MicroHttpd::OnCompleted, this, MHD_OPTION_END);
    if (daemon_ == nullptr) return SocketError(options_);
    listening.Release();  // the daemon closes it
    return absl::OkStatus();
  }

  uint16_t port() const override { return port_; }

  void CloseSlow() override {
    const Clock::time_point limit =
        Clock::now() - std::chrono::seconds(options_.request_seconds);
    const std::lock_guard<std::mutex> lock(mutex_);
    for (Client* const client : clients_) {
      // The daemon sees the end of the stream and closes; until it has told us
      // that, the descriptor is this client's.
      if (client->state != Client::kBeingAnswered && client->since < limit) {
        shutdown(client->fd, SHUT_RDWR);
      }
    }
    ThinCrowd();
  }

 private:
  static void OnConnection(void* self, MHD_Connection* connection,
                           void** context,
                           MHD_ConnectionNotificationCode what) {
    auto* const server = static_cast<MicroHttpd*>(self);
    const std::lock_guard<std::mutex> lock(server->mutex_);
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
      auto client = std::make_unique<Client>();
      client->fd =
          MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
              ->connect_fd;
      client->since = Clock::now();
      server->clients_.insert(client.get());
      *context = client.release();
      return;
    }
    const std::unique_ptr<Client> client(static_cast<Client*>(*context));
    server->clients_.erase(client.get());
    *context = nullptr;
  }

  // Makes room for others. The longest-waiting clients go first; one whose
  // request is there, but not read yet, stays.
  void ThinCrowd() {
    if (clients_.size() <= options_.crowd) return;
    const Clock::time_point now = Clock::now();
    std::vector<Client*> idle;
    for (Client* const client : clients_) {
      if (client->state != Client::kBeingAnswered &&
          now - client->since > kPatienceInCrowd[client->state] &&
          !(client->state == Client::kAsking && client->HasSent())) {
        idle.push_back(client);
      }
    }
    std::sort(idle.begin(), idle.end(), [](const Client* a, const Client* b) {
      return a->since < b->since;
    });
    idle.resize(std::min(idle.size(), clients_.size() - options_.crowd));
    for (Client* const client : idle) shutdown(client->fd, SHUT_RDWR);
  }

  static Client* ClientOf(MHD_Connection* connection) {
    return static_cast<Client*>(
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
            ->socket_context);
  }

  void Mark(MHD_Connection* connection, Client::State state) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Client* const client = ClientOf(connection);
    if (client == nullptr) return;
    client->state = state;
    client->since = Clock::now();
  }

  static void OnCompleted(void* self, MHD_Connection* connection, void**,
                          MHD_RequestTerminationCode) {
    static_cast<MicroHttpd*>(self)->Mark(connection, Client::kAsking);
  }

  static MHD_Result OnValue(void* values, MHD_ValueKind kind, const char* key,
                            const char* value) {
    std::string name(key);
    if (kind == MHD_HEADER_KIND) name = absl::AsciiStrToLower(name);
    static_cast<std::map<std::string, std::string>*>(values)->emplace(
        std::move(name), value == nullptr ? "" : value);
    return MHD_YES;
  }

  // Answers when the head is there: a body is never read.
  static MHD_Result OnRequest(void* self, MHD_Connection* connection,
                              const char* path, const char* method, const char*,
                              const char*, size_t*, void**) {
    auto* const server = static_cast<MicroHttpd*>(self);
    HttpRequest request;
    request.method = method;
    request.path = path;
    MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND,
                              &MicroHttpd::OnValue, &request.query);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, &MicroHttpd::OnValue,
                              &request.headers);
    server->Mark(connection, Client::kBeingAnswered);
    const HttpResponse response = server->handler_(request);
    server->Mark(connection, Client::kTaking);
    return Send(connection, response);
  }

  static MHD_Result Send(MHD_Connection* connection,
                         const HttpResponse& response) {
    MHD_Response* const answer = MHD_create_response_from_buffer(
        response.body.size(),
        const_cast<char*>(response.body.data()),  // copied, not changed
        MHD_RESPMEM_MUST_COPY);
    if (answer == nullptr) return MHD_NO;
    MHD_add_response_header(answer, "Content-Type", response.type.c_str());
    for (const auto& [name, value] : response.headers) {
      MHD_add_response_header(answer, name.c_str(), value.c_str());
    }
    const MHD_Result queued =
        MHD_queue_response(connection, response.status, answer);
    MHD_destroy_response(answer);
    return queued;
  }

  const Options options_;
  const Handler handler_;
  MHD_Daemon* daemon_ = nullptr;
  uint16_t port_ = 0;
  std::mutex mutex_;
  std::set<Client*> clients_;  // owned by their connections
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    const Options& options, Handler handler) {
  auto server = std::make_unique<MicroHttpd>(options, std::move(handler));
  RETURN_IF_ERROR(server->Listen());
  return server;
}

absl::StatusOr<bool> IsLoopback(const std::string& address) {
  ASSIGN_OR_RETURN(const SocketAddress parsed, ParseAddress(address, 0));
  if (parsed.storage.ss_family == AF_INET) {
    const auto* const v4 =
        reinterpret_cast<const sockaddr_in*>(&parsed.storage);
    return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
  }
  const auto* const v6 = reinterpret_cast<const sockaddr_in6*>(&parsed.storage);
  return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) != 0;
}

}  // namespace heapq
