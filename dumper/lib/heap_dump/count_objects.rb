# frozen_string_literal: true

module HeapDump
  class << self
    # Counts the objects on the heap.
    #
    # @example
    #   HeapDump.count_objects([MyApp, "Session"])
    #   # {"total_slots":…,"free_slots":…,
    #   #  "basic_types":{"T_OBJECT":…},"user_types":{"MyApp::Order":…}}
    #
    # @param names [Module, String, Symbol, Array] classes and namespaces, or their
    #   names. A class counts its own objects; any module also those of every class
    #   below its name ("Ns" counts "Ns::A").
    # @param gc_before [Boolean] collect garbage first
    # @return [String] JSON
    # @raise [ArgumentError] a class or module has no name
    def count_objects(names = [], gc_before = false)
      names = [names] unless names.is_a?(Array)
      texts = names.map { |name| name.is_a?(Module) ? name.name.to_s : name.to_s }
      texts.each do |text|
        raise ArgumentError, "a class or namespace to count has no name" if text.empty?
      end
      GC.start if gc_before
      count(texts)
    end
  end
end
