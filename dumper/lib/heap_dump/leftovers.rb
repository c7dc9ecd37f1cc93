# frozen_string_literal: true

require_relative "leak_test"

module HeapDump
  # Finds out which tests left objects behind: `record` after each test,
  # `report` after the last. Without classes it watches those that the
  # application under the current folder defines. Weak references only.
  class Leftovers
    # New objects that are attributed to one test.
    MAX_OF_TEST = 1000
    MAX_TESTS_NAMED = 5
    # Tests of a class that heapq is asked about.
    MAX_ASKED = 10
    NOT_APPLICATION = %r{\A(spec|test|vendor|features)/}.freeze
    private_constant :MAX_OF_TEST, :MAX_TESTS_NAMED, :MAX_ASKED, :NOT_APPLICATION

    def initialize(classes = [], root: Dir.pwd)
      @classes = classes
      @root = "#{root}/"
      @application = {}
      @names = []
      @seen = ObjectSpace::WeakMap.new
      each_object { |object| @seen[object] = -1 }
    end

    # Attributes the objects that were not there before to a test.
    def record(test)
      found = 0
      each_object do |object|
        next if @seen.key?(object)

        @seen[object] = @names.size
        break if (found += 1) >= MAX_OF_TEST
      end
      @names << test.to_s if found.positive?
    end

    # Says what the tests left behind; nil: nothing.
    def report
      LeakTest.collect
      left = remaining
      return if left.empty?

      text = with_paths(left).sort_by { |name, found, _| [-found.sum(&:size), name] }
                             .map { |name, found, path| describe(name, found, path) }
      ["heap_dump: tests left objects behind", *text].join("\n") << "\n" unless text.empty?
    end

    private

    # A test's objects of one class.
    Left = Struct.new(:test, :size, :address)
    private_constant :Left

    # Class name => what each test left.
    def remaining
      left = {}
      each_object do |object|
        id = @seen[object]
        next unless id && id >= 0

        tests = (left[HeldObjects.class_name(object)] ||= {})
        (tests[id] ||= Left.new(@names[id], 0, HeldObjects.address(object))).size += 1
      end
      left.transform_values { |tests| tests.values.sort_by { |each| [-each.size, each.test] } }
    end

    # [class name, what tests left, text of the path]. A test's objects that
    # nothing but the stack holds are left out.
    def with_paths(left)
      asked = left.values.flat_map { |tests| tests.first(MAX_ASKED) }
      paths = asked.zip(HeldObjects.paths(asked.map(&:address))).to_h
      left.map do |name, tests|
        held = tests.reject { |each| paths.key?(each) && !paths[each]&.held? }
        [name, held, LeakTest.text_of(paths[held.first])] unless held.empty?
      end.compact
    rescue Error => e
      left.map { |name, tests| [name, tests, "   no path: #{e.message}"] }
    end

    def describe(name, tests, path)
      named = tests.first(MAX_TESTS_NAMED).map { |each| "#{each.test}#{" (#{each.size})" if each.size > 1}" }
      named << "… #{tests.size - named.size} more" if tests.size > named.size
      ["#{tests.sum(&:size)} × #{name} by #{named.join(', ')}", path].compact.join("\n")
    end

    def each_object(&block)
      return @classes.each { |type| ObjectSpace.each_object(type, &block) } unless @classes.empty?

      ObjectSpace.each_object { |object| yield object if application?(HeldObjects.class_of(object)) }
    end

    def application?(type)
      name = HeldObjects::MODULE_NAME.bind_call(type)
      return false unless name

      known = @application[name]
      known.nil? ? @application[name] = defined_here?(name) : known
    end

    def defined_here?(name)
      file, = Object.const_source_location(name)
      return false unless file

      path = File.expand_path(file)
      path.start_with?(@root) && !path.delete_prefix(@root).match?(NOT_APPLICATION)
    rescue NameError
      false
    end
  end
end
