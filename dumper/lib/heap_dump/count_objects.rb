# frozen_string_literal: true

module HeapDump
  class << self
    # Counts the objects on the heap, as JSON text:
    #
    #     {"total_slots":…,"free_slots":…,
    #      "basic_types":{"T_OBJECT":…},"user_types":{"Ns::A":…}}
    #
    # names      modules, or their names as strings or symbols; one or many. A
    #            class counts its own objects; any module also those of every
    #            class below its name ("Ns" counts "Ns::A").
    # gc_before  collect garbage first
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
