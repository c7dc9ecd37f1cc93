# frozen_string_literal: true

require "base64"

# Headless Chromium by ChromeDriver, both as Debian packages them.
module Browser
  # What Chromium would ask of hosts outside, and what root needs.
  OPTIONS = %w[
    --headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-dev-shm-usage
    --disable-background-networking --disable-component-update --disable-sync --window-size=1280,1000
    --force-device-scale-factor=1
  ].freeze
  DRIVER = "/usr/bin/chromedriver"

  def browser
    @browser ||= begin
      begin
        require "selenium-webdriver"
      rescue LoadError
        skip "needs ruby-selenium-webdriver: run script/bootstrap"
      end
      skip "needs chromium and chromium-driver: run script/bootstrap" unless File.executable?(DRIVER)
      start_browser
    end
  end

  def teardown
    @browser&.quit
    super
  end

  # What the page's scripts, its policy and the network complained of.
  def complaints
    browser.logs.get(:browser).map(&:message)
  end

  def css(selector)
    browser.find_elements(css: selector)
  end

  def texts(selector)
    css(selector).map { |element| element.text.strip }
  end

  # Waits for what a click sets off; what is replaced meanwhile is looked for again.
  def eventually(what)
    replaced = [Selenium::WebDriver::Error::NoSuchElementError, Selenium::WebDriver::Error::StaleElementReferenceError]
    Selenium::WebDriver::Wait.new(timeout: EndToEnd::PATIENCE, message: what, ignore: replaced).until { yield }
  end

  def emulate(scheme)
    browser.execute_cdp("Emulation.setEmulatedMedia", features: [{ name: "prefers-color-scheme", value: scheme }])
  end

  # The whole page as a PNG.
  def picture(file)
    png = browser.execute_cdp("Page.captureScreenshot", format: "png", captureBeyondViewport: false)
    File.binwrite(file, Base64.decode64(png["data"]))
  end

  private

  def start_browser
    options = Selenium::WebDriver::Chrome::Options.new(args: OPTIONS.dup, binary: "/usr/bin/chromium")
    options.add_argument("--user-data-dir=#{path('chromium')}")
    options.add_option("goog:loggingPrefs", { browser: "ALL" })
    client = Selenium::WebDriver::Remote::Http::Default.new(open_timeout: 60, read_timeout: EndToEnd::PATIENCE)
    Selenium::WebDriver.for(:chrome, capabilities: options, http_client: client,
                                     service: Selenium::WebDriver::Service.chrome(path: DRIVER))
  end
end
