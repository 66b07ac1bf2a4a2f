"""browser - Chromium without a window, driven through WebDriver (Debian's chromium-driver).

    with Browser(width=1400, height=1000, dark=True) as browser:
        browser.open('/tmp/page.html')
        browser.run('return document.title')
        browser.problems()      # what the console said
        browser.requests()      # the addresses that were asked for

Nothing but Python's own library. chromedriver picks its port and is ended with the browser.
"""
import base64
import json
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

FLAGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
         '--disable-background-networking', '--disable-component-update', '--disable-sync',
         '--disable-dev-shm-usage', '--hide-scrollbars', '--force-device-scale-factor=1']
TIMEOUT = 120


class Browser:
    def __init__(self, width, height, dark=False):
        self.profile = tempfile.mkdtemp()
        self.base = f'http://127.0.0.1:{self.start_driver()}/session'
        # A proxy of the environment is not for the driver beside us.
        self.client = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        session = self.ask('POST', '', {'capabilities': {'alwaysMatch': {
            'goog:loggingPrefs': {'browser': 'ALL', 'performance': 'ALL'},
            'goog:chromeOptions': {'args': FLAGS + [f'--user-data-dir={self.profile}',
                                                    f'--window-size={width},{height}']}}}})
        self.base += '/' + session['sessionId']
        self.reshape(width, height, dark)

    def start_driver(self):
        """Its port. It takes one for IPv6 that another program may have for IPv4: then once more."""
        for _ in range(5):
            self.driver = subprocess.Popen(['chromedriver', '--port=0'], stdout=subprocess.PIPE,
                                           stderr=subprocess.STDOUT, text=True)
            said = ''
            while line := self.driver.stdout.readline():
                said += line
                if port := re.search(r'started successfully on port (\d+)', line):
                    return port[1]
            self.driver.wait()
            if 'Address already in use' not in said:
                break
        sys.exit(f'chromedriver did not start: {said}')

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={'Content-Type': 'application/json'})
        with self.client.open(request, timeout=TIMEOUT) as answer:
            return json.load(answer)['value']

    def cdp(self, command, **parameters):
        return self.ask('POST', '/goog/cdp/execute', {'cmd': command, 'params': parameters})

    def reshape(self, width, height, dark=False):
        """What is opened from now on has this size and colour scheme, as in a new browser, which takes longer."""
        self.cdp('Emulation.setDeviceMetricsOverride', width=width, height=height,
                 deviceScaleFactor=1, mobile=False)
        self.prefer(dark)

    def prefer(self, dark):
        self.cdp('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])

    def open(self, path):
        self.visit('file://' + path)

    def visit(self, url):
        self.logs('performance')
        self.ask('POST', '/url', {'url': url})

    def run(self, script, *arguments):
        return self.ask('POST', '/execute/sync', {'script': script, 'args': list(arguments)})

    def logs(self, kind):
        return self.ask('POST', '/se/log', {'type': kind})

    def problems(self):
        return [entry['message'] for entry in self.logs('browser')]

    def requests(self):
        messages = [json.loads(entry['message'])['message'] for entry in self.logs('performance')]
        return [message['params']['request']['url'] for message in messages
                if message['method'] == 'Network.requestWillBeSent']

    def find(self, selector):
        element = self.ask('POST', '/element', {'using': 'css selector', 'value': selector})
        return f'/element/{next(iter(element.values()))}'

    def press(self, selector, keys):
        self.ask('POST', self.find(selector) + '/value', {'text': keys})

    def click(self, selector):
        self.ask('POST', self.find(selector) + '/click', {})

    def type(self, selector, text):
        """Instead of what is there."""
        self.ask('POST', self.find(selector) + '/clear', {})
        self.press(selector, text)

    def screenshot(self, path):
        """The whole page, as a PNG."""
        size = self.run('return [innerWidth, document.documentElement.scrollHeight]')
        picture = self.cdp('Page.captureScreenshot', captureBeyondViewport=True,
                           clip={'x': 0, 'y': 0, 'width': size[0], 'height': size[1], 'scale': 1})
        with open(path, 'wb') as out:
            out.write(base64.b64decode(picture['data']))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.ask('DELETE', '')
        finally:
            self.driver.terminate()
            self.driver.wait()
            shutil.rmtree(self.profile, ignore_errors=True)
