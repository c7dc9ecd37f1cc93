# frozen_string_literal: true

module HeapDump
  # The best path from a root to an object, from the JSON of `heapq why-alive`.
  class HeldPath
    # Hops inside a closure that say nothing to a reader.
    INNER = ["captured variables", "variables of the outer block"].freeze
    # Roots that the next call overwrites: not a leak.
    PASSING = %w[machine_context].freeze
    private_constant :INNER, :PASSING

    attr_reader :look_at

    def initialize(answer)
      @verdict = answer["verdict"]
      path = answer["paths"].first || {}
      @root = path["root"] || {}
      @steps = path["steps"] || []
      @look_at = place(path["leak"])
    end

    # Whether a strong path holds the object. An object that only the machine
    # stack mentions is released when the stack is overwritten.
    def held?
      @verdict == "alive" && !PASSING.include?(@root["category"])
    end

    # "EventBus::INSTANCE → @handlers → [:request] → [*] → local request …":
    # entries of arrays without their index.
    def to_s
      labels.join(" → ")
    end

    # Identifies the same leak in every process: a hash of the class and the
    # path, without folders, line numbers, addresses and indexes. 16
    # hexadecimal digits (FNV-1a).
    def fingerprint(class_name)
      stable = [*labels, class_name].map do |label|
        label.gsub(%r{/[^\s():]*/}, "").gsub(/:\d+/, "").gsub(/0x\h+/, "0x").gsub(/\d+/, "*")
      end
      hash = stable.join("\0").each_byte.inject(0xcbf29ce484222325) do |value, byte|
        ((value ^ byte) * 0x100000001b3) & 0xffffffffffffffff
      end
      format("%016x", hash)
    end

    def labels
      @labels ||= shown_steps.map { |step| mask(step["edge"]) }
    end

    private

    # A constant's name includes its classes, so it stands for the hops to it.
    def shown_steps
      last_constant = @steps.rindex { |step| step["edge"]["kind"] == "const" }
      first = last_constant && @steps[1..last_constant].all? { |step| %w[const item].include?(step["edge"]["kind"]) } ? last_constant : 0
      @steps.drop(first).reject { |step| step["edge"]["kind"] == "part" && INNER.include?(step["edge"]["label"]) }
    end

    def mask(edge)
      return "[*]" if edge["kind"] == "index"
      # A key that is an object or a text differs from entry to entry.
      return "[*]" if edge["kind"] == "hash_value" && !edge["label"].start_with?("[:")

      edge["label"]
    end

    def place(leak)
      return unless leak

      where = [leak["file"], leak["line"]].compact.join(":")
      leak["text"].to_s.empty? ? where : "#{where}: #{leak['text']}"
    end
  end
end
