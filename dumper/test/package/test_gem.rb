# frozen_string_literal: true

require "minitest/autorun"
require "fileutils"
require "open3"
require "rbconfig"
require "rubygems/package"
require "tmpdir"

# The gem as it is published: what is in it, that it builds from that alone,
# and that nothing but it is needed.
class TestGem < Minitest::Test
  ROOT = File.expand_path("../..", __dir__)
  RUBY = RbConfig.ruby
  # What Bundler or a set GEM_HOME would bring in.
  BARE = { "RUBYOPT" => nil, "RUBYLIB" => nil, "BUNDLE_GEMFILE" => nil }.freeze

  def setup
    @folder = Dir.mktmpdir("heap_dump-test")
  end

  def teardown
    FileUtils.remove_entry(@folder)
  end

  def test_gem_holds_all_sources_and_nothing_else
    meant = Dir.chdir(ROOT) do
      Dir.glob(%w[LICENSE README.md exe/* {ext,lib}/**/*.{cc,h,rb,md} gdb/**/* sig/*]).select { |name| File.file?(name) }
    end
    meant.reject! { |name| name.include?("__pycache__") }
    assert_equal meant.sort, Gem::Package.new(build).contents.sort
  end

  def test_gem_has_no_private_paths
    Gem::Package.new(build).extract_files(File.join(@folder, "unpacked"))
    Dir.glob(File.join(@folder, "unpacked/**/*")).select { |name| File.file?(name) }.each do |name|
      assert_equal 0o444, File.stat(name).mode & 0o444, "#{name} can be read by all"
      refute_includes File.binread(name), ROOT, name
    end
  end

  def test_offline_installation_dumps_and_counts
    home = File.join(@folder, "home")
    environment = BARE.merge("GEM_HOME" => home, "GEM_PATH" => home)
    run_ruby(environment, "-S", "gem", "install", "--local", "--no-document", "--install-dir", home, build)
    out = run_ruby(environment, "-e", <<~'RUBY')
      require "heap_dump"
      module Shop; class Order; end; end
      ORDERS = Array.new(3) { Shop::Order.new }
      print HeapDump::VERSION, " ", HeapDump.dump.objects > 1000, " ", File.size("dump.json") > 100_000
      print " ", HeapDump.count_objects(Shop)[/"Shop::Order": 3\b/]
      print " ", $LOADED_FEATURES.grep(/heap_dump\.so\z/).one? { |path| path.start_with?(ENV["GEM_HOME"]) }
    RUBY
    assert_equal "#{Gem::Specification.load(File.join(ROOT, 'heap_dump.gemspec')).version} " \
                 "true true \"Shop::Order\": 3 true", out
    # The hook loads by its short name alone.
    out = run_ruby(environment.merge("RUBYOPT" => "-rheap_dump/hook"), "-e", "print HeapDump::Hook.name")
    assert_equal "HeapDump::Hook", out
  end

  # Bundler hides the gems that the Gemfile lacks; the printed path needs none.
  def test_the_hook_loads_in_a_bundle_without_the_gem
    _, bundler = Open3.capture2e(BARE, RUBY, "-S", "bundle", "--version")
    skip "bundler is not installed" unless bundler.success?
    File.write(File.join(@folder, "Gemfile"), %(source "https://rubygems.org"\n))
    variable = run_ruby(BARE, File.join(ROOT, "exe/heap_dump"), "hook").chomp
    assert_equal "RUBYOPT=-r#{ROOT}/lib/heap_dump/hook.rb", variable
    bundled = BARE.merge("RUBYOPT" => variable.delete_prefix("RUBYOPT="))
    out = run_ruby(bundled, "-S", "bundle", "exec", RUBY, "-e", <<~'RUBY')
      begin
        gem "heap_dump"
      rescue LoadError
        print "no gem, but ", HeapDump::Hook.name
      end
    RUBY
    assert_equal "no gem, but HeapDump::Hook", out
  end

  # A program boots even if the hook cannot load its extension.
  def test_a_hook_without_its_extension_lets_the_program_boot
    FileUtils.cp_r(File.join(ROOT, "lib"), @folder)
    FileUtils.rm_f(Dir.glob(File.join(@folder, "lib/heap_dump/*.so")))
    out, err, status = Open3.capture3(BARE.merge("RUBYOPT" => "-r#{@folder}/lib/heap_dump/hook.rb"),
                                      RUBY, "-e", "print :booted", chdir: @folder)
    assert status.success?, err
    assert_equal "booted", out
    assert_match(/\Aheap_dump: the hook is off in pid \d+: .*heap_dump/, err)
  end

  def test_without_an_extension_require_names_the_remedy
    FileUtils.cp_r(File.join(ROOT, "lib"), @folder)
    FileUtils.rm_f(Dir.glob(File.join(@folder, "lib/heap_dump/**/*.so")))
    require_it = <<~'RUBY'
      begin
        require File.expand_path("lib/heap_dump")
      rescue LoadError => e
        print e.message
      end
    RUBY
    version = RUBY_VERSION[/\A\d+\.\d+/]
    assert_equal "heap_dump has no compiled extension for Ruby #{version}; install the source gem: " \
                 "gem install heap_dump --platform ruby", run_ruby(BARE, "-e", require_it)
    FileUtils.mkdir(File.join(@folder, "ext"))
    assert_equal "heap_dump has no compiled extension for Ruby #{version}; run `rake compile` in #{@folder}",
                 run_ruby(BARE, "-e", require_it)
    # As in a gem for a platform.
    FileUtils.mkdir(File.join(@folder, "lib/heap_dump", version))
    FileUtils.cp(File.join(ROOT, "lib/heap_dump/heap_dump.so"), File.join(@folder, "lib/heap_dump", version))
    assert_equal "HeapDump", run_ruby(BARE, "-Ilib", "-e", %(require "heap_dump"; print HeapDump if HeapDump.dump))
  end

  # With RBS, which Ruby 3.0 and later come with.
  def test_signatures_are_those_of_the_code
    begin
      require "rbs"
    rescue LoadError
      skip "this Ruby has no rbs"
    end
    require "heap_dump"
    source = File.read(File.join(ROOT, "sig/heap_dump.rbs"))
    loader = RBS::EnvironmentLoader.new
    loader.add(path: Pathname(File.join(ROOT, "sig")))
    signatures = RBS::DefinitionBuilder.new(env: RBS::Environment.from_loader(loader).resolve_type_names)
    name = RBS::TypeName.new(name: :HeapDump, namespace: RBS::Namespace.root)
    methods = signatures.build_singleton(name).methods
    %i[dump count_objects].each do |method|
      type = methods.fetch(method).method_types.first.type
      described = type.optional_positionals.map { |parameter| [:opt, parameter.name] } +
                  type.optional_keywords.keys.map { |keyword| [:key, keyword] }
      assert_equal HeapDump.method(method).parameters, described, method
    end
    HeapDump::Result.members.each { |member| assert_includes source, "attr_reader #{member}: " }
    HeapDump.constants.select { |constant| HeapDump.const_get(constant).is_a?(Class) }.each do |constant|
      next unless HeapDump.const_get(constant) <= HeapDump::Error

      assert_includes source, "class #{constant} < "
    end
  end

  def test_the_command_explains_itself
    exe = File.join(ROOT, "exe/heap_dump")
    assert_includes run_ruby(BARE, exe), 'env "$(heap_dump hook)"'
    _, err, status = Open3.capture3(BARE, RUBY, exe, "hok")
    assert_equal ["heap_dump: unknown command hok; try heap_dump --help\n", 2], [err, status.exitstatus]
  end

  def test_missing_library_is_one_clear_sentence
    Dir.mktmpdir do |folder|
      out, status = Open3.capture2e(BARE, RUBY, "-e", <<~'RUBY', File.join(ROOT, "ext/heap_dump/extconf.rb"), chdir: folder)
        require "mkmf"
        singleton_class.prepend(Module.new do
          def have_library(name, *)
            name == "yajl" ? false : super
          end
        end)
        load ARGV.shift
      RUBY
      refute status.success?, out
      message = out.lines.grep(/\Aheap_dump: /)
      assert_equal ["heap_dump: libyajl and its headers are needed: install libyajl-dev (Debian) " \
                    "or yajl-devel (Fedora)\n"], message, out
      refute_path_exists File.join(folder, "Makefile")
    end
  end

  private

  # From a copy: the folder may be in use.
  def build
    @build ||= begin
      copy = File.join(@folder, "source")
      FileUtils.mkdir(copy)
      %w[exe ext lib gdb sig LICENSE README.md heap_dump.gemspec].each { |name| FileUtils.cp_r(File.join(ROOT, name), copy) }
      gem = File.join(@folder, "built.gem")
      run_ruby(BARE, "-S", "gem", "build", "--strict", "heap_dump.gemspec", "--output", gem, chdir: copy)
      gem
    end
  end

  def run_ruby(environment, *arguments, chdir: @folder)
    out, err, status = Open3.capture3(environment, RUBY, *arguments, chdir: chdir)
    assert status.success?, "#{arguments.join(' ')}\n#{out}\n#{err}"
    out
  end
end
