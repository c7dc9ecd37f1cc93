# frozen_string_literal: true

require "net/http"
require "socket"

require_relative "support/end_to_end"
require_relative "support/browser"
require_relative "support/hostile_heap"

# `heapq serve` in a browser, and against those who should get nothing.
class ServeTest < Minitest::Test
  include EndToEnd
  include Browser

  BUS = "0x1078"  # of HostileHeap: $bus

  def setup
    super
    HostileHeap.write(path("dump.json"))
    load_dump
  end

  def teardown
    stop if @pid
    super
  end

  def test_pages_lead_to_each_other
    serve
    browser.navigate.to(@url)
    browser.find_element(css: "#suspects article a").click
    eventually("an object's page") { texts("h2").include?("Why it is alive") }
    first = browser.current_url
    assert_includes first, "/object/0x"
    css("#fields td a, #referrers td a").first.click
    eventually("the next one") { browser.current_url != first && css("#why").any? }
    browser.find_element(css: ".search input").send_keys("text 17", :return)
    eventually("found") { texts("#strings td code").include?('"text 17"') }
    browser.find_element(css: ".search input").clear
    browser.find_element(css: ".search input").send_keys(BUS, :return)
    eventually("an id leads to its object") { texts("#why li code").include?("$bus") }
    assert browser.current_url.end_with?("/object/#{BUS}")
    assert_nil browser.execute_script("return window.hacked")
    assert_empty complaints
  end

  def test_sql_in_the_browser
    serve
    browser.navigate.to("#{@url}sql")
    area = browser.find_element(css: "textarea")
    area.clear
    area.send_keys("SELECT class, count(*) AS n FROM v_objects GROUP BY 1 ORDER BY n DESC")
    css("form button").find { |button| button.text == "Run" }.click
    eventually("rows") { texts("#rows td code").include?(HostileHeap::CLASS_NAME) }
    assert_empty complaints
  end

  def test_what_each_address_answers
    serve
    assert_equal "200", get("/").code
    assert_equal "200", get("/object/#{BUS}").code
    assert_includes get("/object/#{BUS}").body, "@sessions"
    assert_equal "200", get("/instances/0x1050").code
    assert_equal "303", get("/search?q=#{BUS}").code
    assert_equal "404", get("/object/0x10").code
    assert_equal "404", get("/nothing").code
    assert_includes get("/sql?q=DELETE+FROM+objects").body, "only reading is allowed"
    assert_includes get("/sql?q=SELECT+1%3B+SELECT+2").body, "class=\"error\""
    assert_includes get("/sql?q=SELECT+missing_column").body, "no such column"
    policy = get("/").fetch("content-security-policy")
    assert_includes policy, "default-src 'none'"
    assert_includes policy, "frame-ancestors 'none'"
  end

  # Rows are counted and time is taken; the others are answered meanwhile.
  def test_sql_has_limits
    serve
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT "
    assert_includes get("/sql", q: "#{endless} i FROM n").body, "Only the first 500"
    slow = Thread.new { get("/sql", q: "#{endless} count(*) FROM n").body }
    assert_equal "200", get("/object/#{BUS}").code
    assert_includes slow.value, "it took too long"
  end

  # Each sends half a request, a byte at a time, and so uses up its 30 seconds. The
  # server does not wait for that before it lets another client in.
  def test_slow_clients_do_not_lock_out_another
    serve
    slow = Array.new(500) { TCPSocket.new("127.0.0.1", @port).tap { |socket| socket.write("GET / HTTP/1.1\r\nX: ") } }
    dripping = Thread.new do
      loop { slow.each { |socket| socket.write("x") rescue nil } && sleep(1) }
    end
    Net::HTTP.start("127.0.0.1", @port, open_timeout: 20, read_timeout: 20, max_retries: 0) do |http|
      assert_equal "200", http.get("/object/#{BUS}").code
    end
  ensure
    dripping&.kill
    slow&.each(&:close)
  end

  def test_a_dump_without_roots
    File.write(path("part.json"), <<~JSON)
      {"address":"0x1000", "type":"ARRAY", "class":"0x2000", "length":1, "references":["0x3000"], "memsize":40, "flags":{}}
      {"address":"0x3000", "type":"STRING", "class":"0x2008", "bytesize":3, "value":"abc", "memsize":40, "flags":{}}
    JSON
    load_dump(path("part.json"))
    serve
    ["/", "/object/0x3000"].each { |page| assert_includes get(page).body, "This dump has no roots", page }
  end

  def test_ctrl_c_ends_it
    serve
    slow = TCPSocket.new("127.0.0.1", @port)
    slow.write("GET / HTTP/1.1\r\n")
    Process.kill(:INT, @pid)
    assert_predicate wait_for_end, :success?
    assert_empty File.read(path("stderr"))
  ensure
    slow&.close
  end

  def test_a_port_in_use_is_told
    serve
    _, err, status = Open3.capture3(HEAPQ, "--db", path("heap.db"), "serve", "--port", @port.to_s)
    assert_equal 1, status.exitstatus
    assert_match(/\Aheapq: can't listen on 127.0.0.1 port #{@port}: Address already in use; .*\n\z/, err)
  end

  def test_other_addresses_need_a_token
    _, err, status = Open3.capture3(HEAPQ, "--db", path("heap.db"), "serve", "--bind", "0.0.0.0")
    assert_equal 2, status.exitstatus
    assert_match(/--token/, err)
  end

  def test_token
    serve("--token")
    token = @url[/token=(\h{32})\z/, 1]
    assert token, @url
    ["/", "/object/#{BUS}", "/?token=", "/?token=#{'0' * 32}"].each { |page| assert_equal "401", get(page).code, page }
    answer = get("/?token=#{token}")
    assert_equal "303", answer.code
    cookie = answer["set-cookie"]
    assert_match(/HttpOnly; SameSite=Strict/, cookie)
    assert_equal "200", get("/object/#{BUS}", {}, "Cookie" => "other=1; #{cookie[/\A[^;]+/]}").code
    assert_equal "401", get("/object/#{BUS}", {}, "Cookie" => "#{cookie[/\A[^;]+/]}0").code
  end

  # DNS rebinding: a site's own name comes to mean this machine.
  def test_only_loopback_names
    serve
    ["evil.example", "evil.example:#{@port}", "127.0.0.1.evil.example", "localhost.evil.example", "0.0.0.0", "[::2]"]
      .each { |host| assert_match(/\AHTTP\/1.1 403 /, raw("GET / HTTP/1.1\r\nHost: #{host}\r\nConnection: close\r\n\r\n"), host) }
    ["localhost", "LOCALHOST:1", "127.0.0.1:#{@port}", "[::1]:#{@port}"]
      .each { |host| assert_match(/\AHTTP\/1.1 200 /, raw("GET / HTTP/1.1\r\nHost: #{host}\r\nConnection: close\r\n\r\n"), host) }
    assert_match(/\AHTTP\/1.1 40[03] /, raw("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), "no host at all")
  end

  def test_other_sites_pages_get_nothing
    serve
    cross = { "Sec-Fetch-Site" => "cross-site", "Sec-Fetch-Mode" => "no-cors", "Sec-Fetch-Dest" => "script" }
    assert_equal "403", get("/", {}, cross).code
    navigation = { "Sec-Fetch-Site" => "cross-site", "Sec-Fetch-Mode" => "navigate", "Sec-Fetch-Dest" => "document" }
    assert_equal "200", get("/", {}, navigation).code
    assert_equal "403", get("/sql?q=SELECT+1", {}, navigation).code
    assert_equal "403", get("/", {}, navigation.merge("Sec-Fetch-Dest" => "iframe")).code
    assert_equal "403", get("/", {}, "Origin" => "http://evil.example").code
    assert_equal "403", get("/", {}, "Origin" => "null").code
    assert_equal "200", get("/", {}, "Origin" => "http://127.0.0.1:#{@port}").code
  end

  def test_methods
    serve
    %w[POST PUT DELETE PATCH OPTIONS TRACE CONNECT BREW].each do |method|
      assert_match(/\AHTTP\/1.1 (405|400|501) /,
                   raw("#{method} / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), method)
    end
    head = raw("HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert_match(/\AHTTP\/1.1 200 /, head)
    assert_empty head.split("\r\n\r\n", 2).last
  end

  def test_paths_stay_inside
    serve
    ["/../../etc/passwd", "/object/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/object/%00", "//etc/passwd",
     "/object/0x1078%0d%0aSet-Cookie:%20a=b", "/object/#{'A' * 4000}", "/instances/..%2f..%2fetc%2fpasswd"].each do |page|
      answer = raw("GET #{page} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
      assert_match(/\AHTTP\/1.1 4\d\d /, answer, page)
      refute_includes answer, "root:"
      refute_match(/^set-cookie/i, answer)
    end
    assert_alive
  end

  def test_garbage_and_large_heads_and_bodies
    serve
    large = "GET / HTTP/1.1\r\nHost: localhost\r\nX: #{'a' * 200_000}\r\n\r\n"
    assert_match(/\A(HTTP\/1.1 4\d\d |\z)/, raw(large))
    many = "GET / HTTP/1.1\r\nHost: localhost\r\n#{'A: b\r\n' * 20_000}\r\n"
    assert_match(/\A(HTTP\/1.1 4\d\d |\z)/, raw(many))
    assert_match(/\A(HTTP\/1.1 4\d\d |\z)/, raw("GET /#{'a' * 200_000} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
    body = "POST /sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000000\r\n\r\n#{'a' * 100_000}"
    assert_match(/\A(HTTP\/1.1 4\d\d |\z)/, raw(body))
    # A body to a GET must not become the next request.
    smuggled = raw("GET /object/#{BUS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 44\r\n\r\n" \
                   "GET /sql HTTP/1.1\r\nHost: localhost\r\n\r\n\r\n\r\n\r\n")
    assert_operator smuggled.scan("HTTP/1.1 200").size, :<=, 1
    ["\x00" * 1000, "\x16\x03\x01\x02\x00\x01", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\r\n" * 1000]
      .each { |bytes| refute_match(/\AHTTP\/1.1 200/, raw(bytes)) }
    assert_alive
  end

  private

  def serve(*options)
    @pid = spawn(HEAPQ, "--db", path("heap.db"), "serve", *options, out: path("stdout"), err: path("stderr"))
    Timeout.timeout(PATIENCE) do
      sleep 0.02 until File.read(path("stdout")).include?("\n")
    end
    @url = File.read(path("stdout"))[/\S+/]
    @port = @url[/:(\d+)/, 1].to_i
  end

  def stop
    Process.kill(:TERM, @pid)
    wait_for_end
  end

  def wait_for_end
    _, status = Timeout.timeout(PATIENCE) { Process.wait2(@pid) }
    @pid = nil
    status
  end

  def get(page, query = {}, headers = {})
    page += "?#{URI.encode_www_form(query)}" unless query.empty?
    Net::HTTP.start("127.0.0.1", @port, read_timeout: PATIENCE, open_timeout: PATIENCE) do |http|
      answer = http.get(page, headers)
      answer.body&.force_encoding("UTF-8")
      answer
    end
  end

  # What comes back on bytes that no library would send.
  def raw(bytes)
    Timeout.timeout(PATIENCE) do
      socket = TCPSocket.new("127.0.0.1", @port)
      begin
        socket.write(bytes)
        socket.read.force_encoding("UTF-8").scrub
      rescue Errno::EPIPE, Errno::ECONNRESET
        ""
      ensure
        socket.close
      end
    end
  end

  def assert_alive
    assert_equal "200", get("/object/#{BUS}").code
  end
end
