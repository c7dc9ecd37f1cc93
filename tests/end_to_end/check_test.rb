# frozen_string_literal: true

require_relative "support/end_to_end"

# The leak tests of docs/guide/budgets.md, as they stand there, in a project that
# leaks and in one that does not.
class CheckTest < Minitest::Test
  include EndToEnd

  PAGE = File.read(File.join(REPOSITORY, "docs/guide/budgets.md"))

  SHOP = <<~RUBY
    module Shop
      class Cart
        def initialize
          @items = Array.new(10) { |n| "item \#{n}" }
        end
      end

      CACHE = { rates: { "EUR" => 1 } }
      OPEN = []

      def self.checkout
        cart = Cart.new
        CACHE[:last] = cart.inspect
        %s
        nil
      end
    end
  RUBY
  KEEPS = "OPEN << cart"

  def test_minitest
    needs_heapq_beside_ruby
    write("test/leak_budget.toml", "test/leak_test.rb")
    passes(RUBY, "test/leak_test.rb")
    message = fails(RUBY, "test/leak_test.rb")
    assert_match(/1 runs, 3 assertions, 1 failures/, message)
  end

  def test_rspec
    needs_heapq_beside_ruby
    write("test/leak_budget.toml", "spec/leak_spec.rb")
    FileUtils.mv(path("test/leak_budget.toml"), path("spec"))
    passes(RUBY, "-S", "rspec", "spec/leak_spec.rb")
    assert_match(/1 example, 1 failure/, fails(RUBY, "-S", "rspec", "spec/leak_spec.rb"))
  end

  # The file that the page shows for its keys is one that is read.
  def test_the_file_of_the_page
    write("budgets.toml")
    ruby("-rheap_dump", "-e", "HeapDump.dump('a.json'); sleep 0.01; HeapDump.dump('b.json')")
    load_dump(path("a.json"), db: path("a.db"))
    load_dump(path("b.json"))
    out, = Open3.capture3(HEAPQ, "check", "--budget", "budgets.toml", "--against", "a.db", "--format", "json",
                          chdir: @folder)
    budgets = JSON.parse(out)["budgets"]
    lines = PAGE[/<!-- budgets.toml -->\n```toml\n(.*?)```/m, 1].lines
    wanted = lines.each_index.select { |i| lines[i].match?(/\A(size|count|retained) = /) }.map { |i| i + 1 }
    assert_equal wanted, budgets.map { |budget| budget["line"] }.uniq
  end

  private

  # Here it is the program under test that starts heapq. One whose Ruby lives
  # in a Debian of its own has neither this heapq nor the libraries it needs.
  def needs_heapq_beside_ruby
    return if system(RUBY, "-e", "exit File.executable?(ARGV[0])", HEAPQ)

    skip "SKIPPED: this Ruby sees other files than heapq (tests/rubies)"
  end

  # The block of the page that is marked as that file.
  def write(*names)
    names.each do |name|
      block = PAGE[/<!-- #{Regexp.escape(name)} -->\n```\w+\n(.*?)```\n<!-- end -->/m, 1]
      assert block, "docs/guide/budgets.md has no block #{name}"
      FileUtils.mkdir_p(File.dirname(path(name)))
      File.write(path(name), block)
    end
  end

  def run_with(line, command)
    FileUtils.mkdir_p(path("lib"))
    File.write(path("lib/shop.rb"), format(SHOP, line))
    environment = { "PATH" => "#{File.dirname(HEAPQ)}:#{ENV.fetch('PATH')}", "RUBYLIB" => "#{LIB}:#{path('lib')}",
                    "HEAPQ_DB" => nil, "RUBYOPT" => "-W0" }
    Timeout.timeout(PATIENCE) { Open3.capture2e(environment, *command, chdir: @folder) }
  end

  def passes(*command)
    out, status = run_with("", command)
    assert status.success?, out
  end

  # What the failing test says: the class, the figures, the place.
  def fails(*command)
    out, status = run_with(KEEPS, command)
    refute status.success?, out
    assert_match(/Shop::Cart got 200 objects on top of 1 object; allowed: 0 objects \(.*leak_budget\.toml:2\)/, out)
    assert_includes out, "Shop::OPEN"
    assert_match(/heapq why-alive 0x\h+ --db/, out)
    out
  end
end
