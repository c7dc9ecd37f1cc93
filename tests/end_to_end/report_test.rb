# frozen_string_literal: true

require_relative "support/end_to_end"
require_relative "support/browser"
require_relative "support/hostile_heap"
require_relative "support/referees"

# `heapq report` as a person meets it: in a browser, from disk, made of a heap
# that would like to leave the page.
class ReportTest < Minitest::Test
  include EndToEnd
  include Browser
  include Referees

  def setup
    super
    HostileHeap.write(path("dump.json"))
    load_dump
    heapq("report", "-o", path("report.html"))
  end

  def test_same_heap_same_bytes
    heapq("report", "-o", path("again.html"))
    assert_equal File.binread(path("report.html")), File.binread(path("again.html"))
    [%w[--md], %w[--format json]].each do |form|
      assert_equal heapq("report", *form), heapq("report", *form)
    end
    assert_equal 0o600, File.stat(path("report.html")).mode & 0o777
  end

  def test_markdown_and_json_say_the_same
    json = heapq_json("report")
    markdown = heapq("report", "--md")
    page = File.read(path("report.html"))
    refute_empty json["suspects"]
    assert_equal json["suspects"].size, markdown.scan(/^### \d+\. /).size
    json["suspects"].each do |suspect|
      [markdown, page].each { |text| assert_includes text, suspect["fingerprint"] }
    end
    assert_includes json["duplicate_strings"].map { |row| row["value"] }, '"same"'
    session = json["types"].find { |row| row["class"] == HostileHeap::CLASS_NAME }
    assert_equal 60, session["count"]
    assert_equal "job", json.dig("threads", 0, "frames", 0, "values", 0, "name")
    refute_match(/^[^`]*<script/, markdown, "outside of code nothing is markup")
  end

  def test_tree_adds_up
    nodes = heapq_json("report")["tree"]
    assert_equal sql("SELECT value FROM meta WHERE key = 'reachable_size'").first.to_i, nodes.first["retained"]
    below = nodes.drop(1).group_by { |node| node["parent"] }
    below.each do |above, children|
      parent = nodes.fetch(above)
      assert_operator children.sum { |node| node["retained"] } + parent["size"], :<=, parent["retained"]
    end
    group = nodes.find { |node| node["count"] == 59 && node["label"].start_with?("App::Session") }
    assert group, "siblings of a class are one node, but for the one that a thread holds as well"
    assert_equal 59, below.fetch(nodes.index(group)).sum { |node| node["count"] }, "and so is what they dominate"
  end

  def test_growth_against_an_older_heap
    HostileHeap.write(path("older.json"), sessions: 10)
    load_dump(path("older.json"), db: path("older.db"))
    grown = heapq_json("report", "--against", path("older.db"))
    row = grown["grown_classes"].find { |one| one["class"] == HostileHeap::CLASS_NAME }
    assert_equal 50, row["count"]
    assert(grown["headline"].any? { |line| line.start_with?("Since older.json: +") }, grown["headline"].inspect)
    path_row = grown["growth"].find { |one| one["class"] == HostileHeap::CLASS_NAME }
    assert_equal 50, path_row["count"]
    assert(grown["headline"].any? { |line| line.match?(/\A(Likely|Possibly) a leak: /) }, grown["headline"].inspect)
    assert_includes heapq("report", "--against", path("older.db"), "-o", "-"), "By masked path"
  end

  # The first screen has the answer, on a phone as well, and nothing moves sideways.
  def test_the_first_screen_is_the_answer
    open_report
    each_look do |width, scheme|
      what = "#{width} px, #{scheme}"
      assert_operator browser.execute_script("return document.documentElement.scrollWidth"), :<=, width, what
      top, bottom = browser.execute_script(<<~JS)
        const box = document.querySelector("article.first ol.path").getBoundingClientRect();
        return [box.top, box.bottom];
      JS
      assert_operator top, :>, 0, what
      assert_operator bottom, :<, 1000, what
    end
    suspect = heapq_json("report")["suspects"].first
    labels = { "likely" => "Likely a leak", "possible" => "Possibly a leak", "large" => "Large" }
    assert_equal labels.fetch(suspect["level"]), texts("article.first .level").first
    assert_equal suspect["sentence"][/\A.*?(?=: |\z)/].sub(/\Aan? /, &:capitalize), texts("article.first h2").first
    assert_operator texts("article.first ol.path li").size, :>, 0
  end

  def test_axe_finds_nothing_serious
    install_referees("axe-core")
    axe = File.read(referee("node_modules/axe-core/axe.min.js"))
    open_report
    each_look do |width, scheme|
      browser.execute_script(axe)
      found = browser.execute_async_script("const done = arguments[0]; axe.run().then((result) => done(result.violations));")
      serious = found.select { |violation| %w[serious critical].include?(violation["impact"]) }
      assert_empty serious.map { |violation| [width, scheme, violation["id"], violation["nodes"].first(3).map { |node| node["html"] }] }
    end
  end

  def test_heap_content_stays_content
    open_report
    assert_nil browser.execute_script("return window.hacked")
    assert_includes browser.execute_script("return document.body.textContent"), HostileHeap::HACK
    assert_includes texts("#types td code"), HostileHeap::CLASS_NAME
    assert_empty complaints
    # What gets in all the same does not run: the policy names what may.
    browser.execute_script(<<~JS)
      const script = document.createElement("script");
      script.textContent = "window.injected = 1";
      document.body.append(script);
    JS
    assert_nil browser.execute_script("return window.injected")
    assert(complaints.any? { |line| line.include?("Content Security Policy") })
    assert_equal 0, css("[style]:not(#chart *)").size
  end

  def test_walk_in_the_chart
    open_report
    before = css("#map button").size
    assert_operator before, :>, 3
    array = css("#map button").find { |button| button.text.include?("@sessions") }
    array.click
    eventually("zoomed") { css("#way button").size >= 1 && texts("#way strong").first.include?("@sessions") }
    # Boxes move for a while: a width that is asked for now may be one on the way.
    eventually("it has the whole width") { node_called("@sessions").size.width == css("#map").first.size.width }
    assert_includes texts("#told").first, "retains"
    node_called("@sessions").send_keys(:arrow_down)
    eventually("what is below") { texts("#told").first.include?("59 × App::Session") }
    browser.switch_to.active_element.send_keys(:escape)
    eventually("up again") { !texts("#way strong").first.include?("@sessions") }
    css("#way button").first&.click
    eventually("at the roots") { texts("#way strong") == ["(the roots)"] }
    css(".tools button").find { |button| button.text == "Treemap" }.click
    assert_operator css("#map button").size, :>, 3
    css("#chart input").first.send_keys("session")
    eventually("marked") { css("#map .found").any? }
    assert_empty complaints
  end

  def test_lists_sort_filter_and_grow
    open_report
    assert_equal 12, css("#retainers tbody tr").size
    css("#retainers .more").first.click
    all = css("#retainers tbody tr").size
    assert_operator all, :>, 60
    sort("#retainers", "size")
    sizes = css("#retainers tbody tr").map { |row| row.find_elements(css: "td.n").first.attribute("data-v").to_i }
    assert_equal sizes.sort.reverse, sizes
    sort("#retainers", "size")
    assert_equal "ascending", title("#retainers", "size").attribute("aria-sort")
    sizes = css("#retainers tbody tr").map { |row| row.find_elements(css: "td.n").first.attribute("data-v").to_i }
    assert_equal sizes.sort, sizes
    css("#retainers input").first.send_keys("text 17")
    assert_equal ["\"text 17\""], texts("#retainers tbody tr td:first-child")
    assert_match(/\A1 of #{all}\z/, texts("#retainers .tools .soft").first)
    assert_empty complaints
  end

  def test_main_facts_without_javascript
    browser.execute_cdp("Emulation.setScriptExecutionDisabled", value: true)
    open_report
    text = css("body").first.text
    ["Suspects", "$bus", "@sessions", "Duplicate strings", "App::Session"].each { |part| assert_includes text, part }
    assert_operator css("#retainers tbody tr").size, :>, 60
    assert_equal 0, css("#map").size
  end

  # Native memory, of a class and a library whose names try to leave the page.
  def test_the_account_of_memory
    HostileHeap.write(path("dump.json"), memory: HostileHeap::MEMORY)
    load_dump
    heapq("report", "-o", path("report.html"))
    open_report
    assert_match(/65 MB \(65%\) are allocated by native code/, texts("#headline .verdict").first)
    assert_includes css("#memory").first.text, "300 × #{HostileHeap::CLASS_NAME} (#{HostileHeap::HACK})"
    bar = css("#memory > svg").first
    assert_match(/native memory 65%/, bar.attribute("aria-label"))
    parts = bar.find_elements(css: "rect").map(&:size)
    assert_equal css("#memory .bands li").size, parts.size
    assert_in_delta bar.size.width, parts.sum(&:width), parts.size
    native = bar.find_elements(css: "rect.native").first
    assert_in_delta 0.65 * bar.size.width, native.size.width, 2
    emulate("light")
    fill = browser.execute_script("return getComputedStyle(arguments[0]).fill", native)
    refute_includes ["none", "rgb(0, 0, 0)"], fill, "the bar is coloured by the page's style sheet"
    assert_nil browser.execute_script("return window.hacked")
    assert_empty complaints
  end

  def test_light_and_dark
    open_report
    colours = %w[light dark].map do |scheme|
      emulate(scheme)
      browser.execute_script("const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]")
    end
    assert_operator brightness(colours[0][0]), :>, brightness(colours[0][1])
    assert_operator brightness(colours[1][0]), :<, brightness(colours[1][1])
  end

  private

  # Yields with the page at three widths, light and dark.
  def each_look
    [390, 800, 1400].product(%w[light dark]).each do |width, scheme|
      browser.execute_cdp("Emulation.setDeviceMetricsOverride", width: width, height: 1000, deviceScaleFactor: 1, mobile: width < 500)
      emulate(scheme)
      yield width, scheme
    end
  ensure
    browser.execute_cdp("Emulation.clearDeviceMetricsOverride")
    emulate("light")
  end

  def open_report
    browser.navigate.to("file://#{path('report.html')}")
  end

  def node_called(text)
    css("#map button").find { |button| button.text.include?(text) }
  end

  def title(list, name)
    css("#{list} th").find { |cell| cell.text.start_with?(name) }
  end

  def sort(list, name)
    title(list, name).find_element(css: "button").click
  end

  def brightness(colour)
    colour.scan(/\d+/).first(3).sum(&:to_i)
  end
end
