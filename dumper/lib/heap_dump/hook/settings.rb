# frozen_string_literal: true

module HeapDump
  module Hook
    # What the environment asks for. A value that makes no sense is an
    # ArgumentError that names the variable.
    class Settings
      COMPRESS = { "" => nil, "none" => nil, "gzip" => :gzip, "zstd" => :zstd }.freeze
      EXTENSION = { nil => "", :gzip => ".gz", :zstd => ".zst" }.freeze
      STRINGS = %w[full truncate none hash].freeze
      MODES = %w[clone in_place fork].freeze
      FALLBACKS = %w[fork in_place raise].freeze

      # The settings, as their variables are called after HEAP_DUMP_.
      NAMES = %i[signal dir keep compress strings truncate mode fallback gc garbage timeout rate at_rss sample].freeze

      attr_reader :signals, :dir, :keep, :compress, :strings, :truncate, :mode, :fallback, :gc, :garbage, :timeout, :rate,
                  :at_rss, :sample

      def initialize(env)
        @env = env
        @signals = read_signals
        # Absolute from the start: servers change their directory.
        @dir = File.expand_path(value("DIR", "."))
        @keep = number("KEEP", "10")
        @compress = COMPRESS.fetch(choice("COMPRESS", "none", COMPRESS.keys))
        @strings = choice("STRINGS", "full", STRINGS).to_sym
        @truncate = number("TRUNCATE", "1024")
        @mode = choice("MODE", "clone", MODES).to_sym
        @fallback = choice("FALLBACK", "fork", FALLBACKS).to_sym
        @gc = flag("GC")
        @garbage = flag("GARBAGE")
        @timeout = number("TIMEOUT", "300")
        @rate = number("RATE", "0")
        @at_rss = size("AT_RSS", "0")
        @sample = flag("SAMPLE")
      end

      def dump_options
        { gc: gc, garbage: garbage, mode: mode, fallback: fallback, compress: compress, strings: strings, truncate: truncate,
          timeout: timeout.zero? ? nil : timeout, rate: rate.zero? ? nil : rate }
      end

      def extension
        ".json#{EXTENSION.fetch(compress)}"
      end

      private

      def value(name, default)
        text = @env["HEAP_DUMP_#{name}"].to_s.strip
        text.empty? ? default : text
      end

      def choice(name, default, allowed)
        text = value(name, default)
        return text if allowed.include?(text)

        raise ArgumentError, "HEAP_DUMP_#{name}=#{text} is none of #{allowed.reject(&:empty?).join(', ')}"
      end

      def flag(name)
        %w[1 true yes].include?(choice(name, "0", %w[0 1 true false yes no]))
      end

      def number(name, default)
        text = value(name, default)
        return text.to_i if text.match?(/\A\d+\z/)

        raise ArgumentError, "HEAP_DUMP_#{name}=#{text} is not a whole number"
      end

      UNITS = { "" => 1, "K" => 2**10, "M" => 2**20, "G" => 2**30 }.freeze
      private_constant :UNITS

      # Bytes: "1500M".
      def size(name, default)
        text = value(name, default)
        found = text.match(/\A(\d+)([KMG]?)i?B?\z/i)
        return found[1].to_i * UNITS.fetch(found[2].upcase) if found

        raise ArgumentError, "HEAP_DUMP_#{name}=#{text} is not a size such as 1500M"
      end

      def read_signals
        value("SIGNAL", "USR2").split(",").map do |text|
          name = text.strip.sub(/\ASIG/, "")
          next name if Signal.list.key?(name)

          raise ArgumentError, "HEAP_DUMP_SIGNAL=#{text} is not a signal of this system"
        end
      end
    end
  end
end
