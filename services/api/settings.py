"""What the API is told by its environment."""

from pydantic import Field

from shared.settings import LinkSettings, ProxiedSettings, ReachSettings, SealingSettings

MEBIBYTE = 1 << 20
# What a stop leaves for requests under way; whoever stops the process waits longer.
DRAIN_S = 30


class ApiSettings(LinkSettings, ProxiedSettings, ReachSettings, SealingSettings):
    """Settings of one API process, read once at its start."""

    api_host: str = Field(default="127.0.0.1", description="address that the API listens on")
    api_port: int = Field(
        default=8000, ge=0, le=65535, description="port that the API listens on, up to 65535"
    )
    private_destinations: bool = Field(
        default=False,
        description="true or false: whether links may lead to hosts that are not public",
    )
    max_body_octets: int = Field(
        default=32 * MEBIBYTE, gt=0, description="octets of the largest request body that is read"
    )
    body_timeout_s: float = Field(
        default=60.0, gt=0, description="seconds in which a request body must come in"
    )
    max_recipients: int = Field(
        default=1_000_000, gt=0, description="most recipients of one request"
    )
    max_upload_octets: int = Field(
        default=64 * MEBIBYTE, gt=0, description="octets of the largest file that is taken in"
    )
    upload_idle_timeout_s: float = Field(
        default=30.0, gt=0, description="seconds for which a file may stop coming in"
    )
    upload_min_octets_per_s: float = Field(
        default=4_096.0, gt=0, description="octets a second at which a file must come in"
    )
    upload_concurrency: int = Field(
        default=2, ge=1, le=16, description="files read at a time, 1 to 16"
    )
    max_waiting_uploads: int = Field(
        default=16, ge=0, le=1_000, description="files that may wait or come in besides"
    )
    max_uploads_per_account: int = Field(
        default=6, ge=1, le=1_000, description="of all these, files of one account"
    )
    large_send_concurrency: int = Field(
        default=4,
        ge=1,
        le=6,
        description="sends at a time that take an upload, a file or over 2,000 rows, 1 to 6",
    )
    max_waiting_large_sends: int = Field(
        default=8, ge=0, le=100, description="such sends that may wait besides"
    )
    calls_per_minute_per_address: int = Field(
        default=6_000, ge=0, le=1_000_000, description="calls a minute from one address; 0: any"
    )
    sends_per_minute_per_address: int = Field(
        default=6_000, ge=0, le=1_000_000, description="sends a minute from one address; 0: any"
    )
    calls_per_minute_per_account: int = Field(
        default=6_000, ge=0, le=1_000_000, description="calls a minute of one account; 0: any"
    )
    sends_per_minute_per_account: int = Field(
        default=6_000, ge=0, le=1_000_000, description="sends a minute of one account; 0: any"
    )
    calls_per_minute_per_key: int = Field(
        default=0, ge=0, le=1_000_000, description="calls a minute by one API key; 0: any"
    )
    sends_per_minute_per_key: int = Field(
        default=0, ge=0, le=1_000_000, description="sends a minute by one API key; 0: any"
    )
    max_streams: int = Field(
        default=500, ge=1, le=10_000, description="streams of events open at a time"
    )
    max_streams_per_account: int = Field(
        default=20, ge=1, le=10_000, description="of these, streams of one account"
    )
    max_spreadsheets: int = Field(
        default=4, ge=1, le=64, description="spreadsheets made or fetched at a time, 1 to 64"
    )
    max_spreadsheets_per_account: int = Field(
        default=2, ge=1, le=64, description="of these, spreadsheets of one account, 1 to 64"
    )
    session_idle_s: float = Field(
        default=43_200.0,
        ge=300,
        le=2_592_000,
        description="seconds without use after which a session ends, 300 to 2592000",
    )
    session_life_s: float = Field(
        default=1_209_600.0,
        ge=300,
        le=31_536_000,
        description="seconds after which a session ends however much it is used, 300 to 31536000",
    )
    session_proof_s: float = Field(
        default=900.0,
        ge=60,
        le=86_400,
        description="seconds after a proof of who one is in which a session may make keys and "
        "users, 60 to 86400",
    )
    session_cookie_secure: bool = Field(
        default=True, description="true, or false for plain http on a development machine"
    )
    console: bool = Field(
        default=True, description="true or false: whether the console's pages are served"
    )
    redirector_url: str | None = Field(
        default=None,
        pattern=r"^https?://[A-Za-z0-9.:\[\]-]+$",
        description="http:// or https:// and a host: where the console's sandbox phone opens "
        "short links, such as http://127.0.0.1:8001",
    )
    password_concurrency: int = Field(
        default=2, ge=1, le=64, description="passwords worked on at a time, 1 to 64"
    )
    max_waiting_passwords: int = Field(
        default=64, ge=0, le=1_000, description="passwords that may wait besides"
    )
