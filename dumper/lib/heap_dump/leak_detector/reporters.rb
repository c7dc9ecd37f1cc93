# frozen_string_literal: true

module HeapDump
  class LeakDetector
    # Passes a Leak on: log, file, callback, Rails. A reporter that fails does
    # not stop the others.
    class Reporters
      # A report file that has reached this size moves to FILE.1.
      MAX_FILE_BYTES = 1_000_000
      NAME = "leak.heap_dump"
      private_constant :MAX_FILE_BYTES

      def initialize(settings)
        @settings = settings
      end

      def report(leak)
        %i[log append call notify report_error].each do |reporter|
          send(reporter, leak)
        rescue StandardError => e
          complain("#{reporter}: #{e.message} (#{e.class})")
        end
      end

      # A line about the detector itself.
      def complain(text)
        $stderr.write("heap_dump: pid #{Process.pid} leak detector: #{text}\n")
      rescue StandardError
        nil # stderr is closed or full.
      end

      private

      def log(leak)
        logger = @settings.logger || (Rails.logger if defined?(Rails) && Rails.respond_to?(:logger))
        return logger.warn("heap_dump: #{leak}") if logger

        $stderr.write("heap_dump: pid #{Process.pid} #{leak}\n")
      end

      def append(leak)
        path = @settings.file
        return unless path

        File.rename(path, "#{path}.1") if File.size?(path).to_i > MAX_FILE_BYTES
        File.open(path, File::WRONLY | File::CREAT | File::APPEND, 0o600) do |file|
          file.write("#{Time.now.utc.strftime('%FT%TZ')} pid #{Process.pid} #{leak}\n")
        end
      end

      def call(leak)
        @settings.on_leak&.call(leak)
      end

      def notify(leak)
        return unless defined?(ActiveSupport::Notifications)

        ActiveSupport::Notifications.instrument(NAME, leak: leak)
      end

      def report_error(leak)
        return unless defined?(Rails) && Rails.respond_to?(:error) && Rails.error

        Rails.error.report(LeakFound.new(leak), handled: true, severity: :warning,
                                                context: leak.to_h.compact)
      end
    end
  end
end
